import fc from 'fast-check';
import { sha256Hex } from '../domain';
import { sha256HexWithNode } from './sha256-node';

describe('SHA-256 by node:crypto', () => {
  it("equals the domain's, over bytes and over a text's UTF-8", () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }).filter((text) => text.isWellFormed())), (input) => expect(sha256HexWithNode(input)).toBe(sha256Hex(input))));
  });
});
