import { createHash } from 'node:crypto';
import { type BlockRecord, canonicalJson, encodeBlock, RECORD_VALIDITIES } from '@kesu/chaincode/domain';
import fc from 'fast-check';
import { committedBlockOf } from './committed-block';
import { storedBlockOf } from './stored-block';

/** Texts that look like what stands between two members, alone and inside others. */
const MISLEADING = ['","events":"', '","kind":"call","mspId":"', '"],"result":"', '],"result":"', '","txId":"', '","writes":[', '\\', '\\"', '"', '\n', ',', '{"configuration":', '授权', '\u{1F600}'];
const aText = fc.array(fc.oneof(fc.constantFrom(...MISLEADING), fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 6 }).map((parts) => parts.join(''));
const aWrite = fc.oneof(fc.record({ key: aText, value: aText }), fc.record({ key: aText }));
const aProposal = fc.record({ claimedTime: aText, transaction: aText, nonce: aText }).map((proposal) => canonicalJson(proposal));

const aCall = fc
  .record({
    kind: fc.constant('call' as const),
    txId: aText,
    mspId: aText,
    certificate: aText,
    proposal: aProposal,
    signature: aText,
    command: aText,
    result: aText,
    validity: fc.constantFrom(...RECORD_VALIDITIES),
    reads: fc.array(fc.record({ key: aText }), { maxLength: 2 }),
    ranges: fc.array(fc.record({ from: aText, to: aText, count: fc.nat(), digest: aText }), { maxLength: 2 }),
    writes: fc.array(aWrite, { maxLength: 3 }),
  })
  .chain((call) => fc.option(aText).map((events): BlockRecord => (events === null ? call : { ...call, events })));
const aConfiguration = aText.map((network): BlockRecord => ({ kind: 'configuration', configuration: { network, operator: { mspId: '', certificate: '' }, organisations: {} } }));

function logged(records: readonly BlockRecord[]) {
  const header = { format: 'kesu-block-1' as const, number: 7, previousHash: 'before', dataHash: 'data', time: '2026-01-01T00:00:00.000Z' };
  const headerLine = canonicalJson(header);
  const hash = createHash('sha256').update(headerLine).digest('hex');
  const bytes = Buffer.from(encodeBlock(headerLine, 'signature', records.map((record) => canonicalJson(record))));
  return { stored: { number: 7, hash, previousHash: 'before', bytes }, block: { header, hash, headerLine, signature: 'signature', records, recordLines: [] } };
}

describe('a block read from the log', () => {
  it('is the block that was committed, whatever its texts hold', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(aCall, aConfiguration), { maxLength: 4 }), (records) => {
        const { stored, block } = logged(records);
        const told = storedBlockOf(stored);
        expect({ ...told, transactions: told.transactions.map((transaction) => ({ ...transaction })) }).toStrictEqual(committedBlockOf(block));
      }),
      { numRuns: 500 },
    );
  });

  it('is refused in a form that the ledger never writes', () => {
    const { stored } = logged([]);
    expect(() => storedBlockOf({ ...stored, bytes: Buffer.concat([stored.bytes, Buffer.from('\n{"certificate":"","kind":"call"}')]) })).toThrow(TypeError);
  });
});
