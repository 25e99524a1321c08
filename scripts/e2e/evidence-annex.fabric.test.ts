import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FabricTestNetwork } from '../../network/src/fabric/testing/test-network';
import { recordOf, type FabricRecord } from './fabric-record';

let network: FabricTestNetwork;
let record: FabricRecord;

beforeAll(async () => {
  network = await FabricTestNetwork.up();
  record = await recordOf(network);
  // What the tests without Fabric verify was made here once.
  if (process.env.KESU_RECORD === '1') await writeFile(join(__dirname, '..', '..', 'gateway', 'src', 'evidence', 'testing', 'fabric-record.json'), `${JSON.stringify(record, undefined, 1)}\n`);
}, 180_000);
afterAll(() => network.down(), 60_000);

describe('an annex of a Fabric network', () => {
  it('holds', () => {
    expect(record.blocks.map((text) => text.length)).toEqual([]);
  });
});
