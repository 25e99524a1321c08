import { readFileSync } from 'node:fs';
import path from 'node:path';
import { verifyP256WithNode } from '../../contract/verify-p256-node';
import { sha256Hex, utf8ToBytes } from '../bytes';
import { DomainError } from '../errors';
import { envelopeBytes, signedEnvelopeSchema } from './signed-envelope';
import { verifyP256WithNoble } from './verify-p256-with-noble';
import { type ProofParts, type VerificationKey, verifyStatementSignature } from './verify-statement-signature';

interface Vectors {
  readonly envelope: unknown;
  readonly bytes: string;
  readonly sha256: string;
  readonly keys: Readonly<Record<string, VerificationKey>>;
  readonly cases: readonly { readonly name: string; readonly key: string; readonly proof: ProofParts; readonly outcome: string }[];
}

const CHAINCODE = path.join(__dirname, '../../..');
const VECTORS = JSON.parse(readFileSync(path.join(CHAINCODE, 'vectors/signed-statement.json'), 'utf8')) as Vectors;
const PAGE = readFileSync(path.join(CHAINCODE, '../docs/formats/signed-statement.md'), 'utf8');

describe('the signed statement format', () => {
  it('has the bytes of its vector', () => {
    const bytes = envelopeBytes(signedEnvelopeSchema.parse(VECTORS.envelope));
    expect(Buffer.from(bytes).toString('utf8')).toBe(VECTORS.bytes);
    expect(sha256Hex(bytes)).toBe(VECTORS.sha256);
  });

  it.each(VECTORS.cases)('$name: $outcome', ({ key, proof, outcome }) => {
    const registered = VECTORS.keys[key];
    if (registered === undefined) throw new Error(`the vectors have no key ${key}`);
    for (const verifyP256 of [verifyP256WithNode, verifyP256WithNoble]) {
      const verify = (): void => verifyStatementSignature({ key: registered, bytes: utf8ToBytes(VECTORS.bytes), proof }, verifyP256);
      expect(codeOf(verify)).toBe(outcome);
    }
  });

  it('is shown on its page with the values of the vectors', () => {
    const shown = VECTORS.cases.slice(0, 3).flatMap(({ key, proof }) => [VECTORS.keys[key]?.publicKey, proof.signature, proof.authenticatorData, proof.clientDataJSON]);
    for (const value of [VECTORS.bytes, VECTORS.sha256, ...shown]) if (value !== undefined) expect(PAGE).toContain(value);
  });
});

function codeOf(act: () => void): string {
  try {
    act();
    return 'valid';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
