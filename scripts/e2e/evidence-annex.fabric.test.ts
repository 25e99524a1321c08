import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, utf8ToBytes } from '@kesu/chaincode/domain';
import { readTrust, verifyFile } from '@kesu/verifier';
import { annexOf, trustOf, type FabricRecord } from '../../gateway/src/evidence/testing/fabric-record';
import { FabricTestNetwork } from '../../network/src/fabric/testing/test-network';
import { recordOf } from './fabric-record';

const RECORD = join(__dirname, '..', '..', 'gateway', 'src', 'evidence', 'testing', 'fabric-record.json');

let network: FabricTestNetwork;
let record: FabricRecord;

beforeAll(async () => {
  network = await FabricTestNetwork.up();
  record = await recordOf(network);
  // What the tests without Fabric verify is made here.
  if (process.env.KESU_RECORD === '1') await writeFile(RECORD, `${JSON.stringify(record, undefined, 1)}\n`);
}, 180_000);
afterAll(() => network.down(), 60_000);

describe('blocks of a live Fabric network', () => {
  it('prove by their signatures every event of every valid transaction', () => {
    expect(record.facts.length).toBeGreaterThan(5);
    const { verdict, checks } = verifyFile(utf8ToBytes(canonicalJson(annexOf(record))), readTrust(JSON.stringify(trustOf(record))));
    expect([verdict, checks.filter(({ state }) => state !== 'PASS').map(({ name }) => name)]).toEqual(['PROVEN', ['validation-codes']]);
  });

  it('are given out by every peer with the same transactions, whichever orderer signed them', async () => {
    for (const { mspId } of network.profile.organisations) {
      const ledger = await network.ledger({ homeMspId: mspId });
      try {
        const blocks: string[] = [];
        for (const number of [...new Set([0, ...record.facts.map(({ block }) => block)])]) blocks.push(await ledger.blockText(number));
        const { verdict } = verifyFile(utf8ToBytes(canonicalJson(annexOf({ ...record, blocks }))), readTrust(JSON.stringify(trustOf(record))));
        expect([mspId, verdict]).toEqual([mspId, 'PROVEN']);
        await expect(ledger.blockText((await ledger.head()).block + 1)).rejects.toThrow(RangeError);
      } finally {
        await ledger.close();
      }
    }
  }, 60_000);
});
