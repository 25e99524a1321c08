import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConnectionProfile } from './connection-profile';

const PLACE = { name: 'node-peer', url: 'grpcs://127.0.0.1:7061', tlsRoots: ['a root'], hostname: 'localhost' };
const ORGANISATION = { mspId: 'NodeMSP', roots: ['a root'], peers: [PLACE] };
const PROFILE = { channel: 'kesu', chaincode: 'kesu', organisations: [ORGANISATION, { ...ORGANISATION, mspId: 'PlatformMSP' }], orderers: [{ ...PLACE, name: 'orderer1' }], ordering: { mspId: 'OrdererMSP', roots: ['a root'] }, endorsement: { required: 2, organisations: ['NodeMSP', 'PlatformMSP'] } };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kesu-profile-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function read(text: string): Promise<unknown> {
  const file = join(directory, 'profile.json');
  await writeFile(file, text);
  return readConnectionProfile(file);
}

describe('the profile of a network', () => {
  it('is read as it is written', async () => {
    expect(await read(JSON.stringify(PROFILE))).toEqual(PROFILE);
  });

  it.each<[string, object]>([
    ['a peer without TLS', { organisations: [{ ...ORGANISATION, peers: [{ ...PLACE, url: 'grpc://127.0.0.1:7061' }] }] }],
    ['an orderer without TLS', { orderers: [{ ...PLACE, url: 'http://127.0.0.1:7051' }] }],
    ['a peer whose certificate nothing verifies', { organisations: [{ ...ORGANISATION, peers: [{ ...PLACE, tlsRoots: [] }] }] }],
    ['no organisation', { organisations: [] }],
    ['no orderer', { orderers: [] }],
    ['an endorser that it says nothing of', { endorsement: { required: 2, organisations: ['NodeMSP', 'StrangerMSP'] } }],
    ['more endorsements than endorsers', { endorsement: { required: 3, organisations: ['NodeMSP', 'PlatformMSP'] } }],
    ['a node that does not endorse', { endorsement: { required: 2, organisations: ['PlatformMSP'] } }],
    ['one organisation that may write alone', { endorsement: { required: 1, organisations: ['NodeMSP', 'PlatformMSP'] } }],
    ['nobody who endorses', { endorsement: { required: 0, organisations: ['NodeMSP'] } }],
  ])('with %s is none', async (_what, change) => {
    await expect(read(JSON.stringify({ ...PROFILE, ...change }))).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('`kesu network up` writes it anew') as string });
  });

  it('that is not there or no JSON says who writes it', async () => {
    await expect(read('{')).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining("can't be read: `kesu network up` writes it") as string });
    await expect(readConnectionProfile(join(directory, 'none.json'))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
