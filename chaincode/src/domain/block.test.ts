import fc from 'fast-check';
import { p256 } from '@noble/curves/nist.js';
import {
  assertBlockFollows,
  type Block,
  BLOCK_FORMAT,
  blockDataHash,
  BlockError,
  type BlockFault,
  type BlockHeader,
  type CallRecord,
  decodeBlock,
  decodeProposal,
  encodeBlock,
  encodeCallRecord,
  encodeNonce,
  encodeProposal,
  NO_PREVIOUS_HASH,
  PROPOSAL_FORMAT,
  serializedIdentity,
  transactionIdOf,
} from './block';
import { sha256Hex, toBase64url, utf8ToBytes } from './bytes';
import { canonicalJson } from './canonical-json';

const secret = new Uint8Array(32).fill(7);
const publicKey = p256.getPublicKey(secret);
const DIGEST = 'ab'.repeat(32);

function isSigned(message: Uint8Array, signature64: Uint8Array): boolean {
  return p256.verify(signature64, message, publicKey, { lowS: true, prehash: true, format: 'compact' });
}

function aRecord(change: Partial<CallRecord> = {}): CallRecord {
  return {
    kind: 'call',
    txId: DIGEST,
    mspId: 'NodeMSP',
    certificate: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
    proposal: '{}',
    signature: toBase64url(new Uint8Array(64).fill(1)),
    command: '{"名":"甲"}',
    result: '{}',
    validity: 'VALID',
    reads: [{ key: 'a' }, { key: 'b', version: { block: 1, index: 2 } }],
    ranges: [{ from: 'a', to: 'b', count: 0, digest: DIGEST }],
    writes: [{ key: 'a', value: 'x\n"y' }, { key: 'b' }],
    events: '[]',
    ...change,
  };
}

const CONFIGURATION = canonicalJson({
  kind: 'configuration',
  configuration: { network: 'n', operator: { mspId: 'NodeMSP', certificate: 'pem' }, organisations: { NodeMSP: { roots: ['pem'] } } },
});

function aBlock(number: number, previousHash: string, lines: readonly string[], change: Partial<BlockHeader> = {}): string {
  const header: BlockHeader = { format: BLOCK_FORMAT, number, previousHash, dataHash: blockDataHash(lines), time: '2026-01-01T00:00:00.000Z', ...change };
  const line = canonicalJson(header);
  return encodeBlock(line, toBase64url(p256.sign(utf8ToBytes(line), secret, { lowS: true, prehash: true, format: 'compact' })), lines);
}

function faultOf(check: () => unknown): BlockFault | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof BlockError) return error.fault;
    throw error;
  }
}

function chainOfTwo(): [Block, Block] {
  const first = decodeBlock(aBlock(0, NO_PREVIOUS_HASH, [CONFIGURATION]));
  return [first, decodeBlock(aBlock(1, first.hash, [encodeCallRecord(aRecord())]))];
}

describe('a block', () => {
  it('is read as it was written, and follows the block before it', () => {
    const [first, second] = chainOfTwo();
    expect(second.records).toEqual([aRecord()]);
    assertBlockFollows(first, undefined, isSigned);
    assertBlockFollows(second, { number: 0, hash: first.hash }, isSigned);
  });

  it('is refused when any one character of it is changed', () => {
    const [first] = chainOfTwo();
    const text = aBlock(1, first.hash, [encodeCallRecord(aRecord()), encodeCallRecord(aRecord({ validity: 'MVCC_READ_CONFLICT' }))]);
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === 'e' ? 'f' : 'e') + text.slice(at + 1);
      expect(faultOf(() => assertBlockFollows(decodeBlock(changed), { number: 0, hash: first.hash }, isSigned))).toBeDefined();
    }
  });

  it('is refused with the fault that it has', () => {
    const [first, second] = chainOfTwo();
    const place = { number: 0, hash: first.hash };
    const line = encodeCallRecord(aRecord());
    expect(faultOf(() => decodeBlock(aBlock(1, first.hash, [line], { dataHash: DIGEST })))).toBe('data-hash-mismatch');
    expect(faultOf(() => decodeBlock(aBlock(1, first.hash, [line.replace('{', '{ ')])))).toBe('not-canonical');
    expect(faultOf(() => decodeBlock(aBlock(1, first.hash, ['{"kind":"other"}'])))).toBe('malformed');
    expect(faultOf(() => decodeBlock(aBlock(1, first.hash, [line, CONFIGURATION])))).toBe('configuration-misplaced');
    expect(faultOf(() => assertBlockFollows(second, undefined, isSigned))).toBe('number-mismatch');
    expect(faultOf(() => assertBlockFollows(second, { number: 0, hash: DIGEST }, isSigned))).toBe('chain-broken');
    expect(faultOf(() => assertBlockFollows(second, place, () => false))).toBe('signature-invalid');
    expect(faultOf(() => assertBlockFollows(decodeBlock(aBlock(0, NO_PREVIOUS_HASH, [line])), undefined, isSigned))).toBe('configuration-misplaced');
  });
});

describe('the record of a call', () => {
  it('has one encoding, equal to the general RFC 8785 form for every content', () => {
    const text = fc.string({ unit: 'grapheme' });
    const version = fc.option(fc.record({ index: fc.nat(), block: fc.nat() }), { nil: undefined });
    const content = fc.record({
      command: text,
      result: text,
      reads: fc.array(fc.tuple(text, version).map(([key, at]) => (at === undefined ? { key } : { version: at, key }))),
      writes: fc.array(fc.tuple(text, fc.option(text, { nil: undefined })).map(([key, value]) => (value === undefined ? { key } : { value, key }))),
    });
    fc.assert(fc.property(content, (change) => expect(encodeCallRecord(aRecord(change))).toBe(canonicalJson(aRecord(change)))));
    const { events: _, ...silent } = aRecord();
    expect(encodeCallRecord(silent)).toBe(canonicalJson(silent));
  });

  it('refuses lone surrogates, which two readers could see as two values', () => {
    expect(() => encodeCallRecord(aRecord({ command: '"\ud800"' }))).toThrow('ill-formed');
    expect(() => encodeCallRecord(aRecord({ writes: [{ key: 'a', value: '\udc00' }] }))).toThrow('ill-formed');
  });
});

describe('a proposal', () => {
  it('is read as it was written and refused in any other form', () => {
    const proposal = { format: PROPOSAL_FORMAT, network: 'n', transaction: 'a:b', commandDigest: DIGEST, nonce: encodeNonce(new Uint8Array(24)), txId: DIGEST, claimedTime: '2026-01-01T00:00:00.000Z' } as const;
    expect(decodeProposal(encodeProposal(proposal))).toEqual(proposal);
    expect(faultOf(() => decodeProposal(` ${encodeProposal(proposal)}`))).toBe('not-canonical');
    expect(faultOf(() => decodeProposal(canonicalJson({ ...proposal, more: 1 })))).toBe('malformed');
  });

  it('names its transaction as Fabric does: SHA-256 over the nonce and the serialized identity', () => {
    const certificate = 'c'.repeat(200);
    const identity = serializedIdentity('NodeMSP', certificate);
    expect([...identity.slice(0, 12)]).toEqual([0x0a, 7, ...utf8ToBytes('NodeMSP'), 0x12, 0xc8, 0x01]);
    expect(identity.length).toBe(2 + 7 + 3 + 200);
    const nonce = new Uint8Array(24).fill(3);
    expect(transactionIdOf(nonce, identity)).toBe(sha256Hex(Uint8Array.from([...nonce, ...identity])));
  });
});
