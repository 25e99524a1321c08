import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { canonicalJson, encodeVerifierKey, logKeyIntroduction, logNoteKeyAt, type LogKeyUse, type Participant } from '@kesu/chaincode/domain';
import { codeOf, LedgerWorld } from '../testing/ledger-world';

let world: LedgerWorld;

beforeAll(async () => {
  world = await LedgerWorld.open();
});
afterAll(() => world.dispose());

interface Ed25519Key {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

function aLogKey(): Ed25519Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url'), privateKey };
}

const introduction = (participant: string, use: LogKeyUse, { publicKey, privateKey }: Ed25519Key, network = world.ledger.network) => ({
  use,
  publicKey,
  proof: sign(null, Buffer.from(canonicalJson(logKeyIntroduction(network, participant, { use, publicKey }))), privateKey).toString('base64url'),
});
const introduce = (as: string, command: object) => codeOf(world.submit(as, 'participants:introduce-log-key', command as never));

describe('a log key', () => {
  it('is introduced by its own participant with a proof that it is held', async () => {
    const key = aLogKey();
    expect(await introduce('example-notary', introduction('example-notary', 'COSIGN', key))).toBe('done');
    const notary = (await world.read<Participant>('participant', 'example-notary')) as Participant;
    const noteKey = logNoteKeyAt(notary, 'COSIGN', world.ledger.network, world.at);
    expect(noteKey && encodeVerifierKey(noteKey)).toMatch(new RegExp(`^kesu/${world.ledger.network}/example-notary\\+[0-9a-f]{8}\\+B`));
    expect(logNoteKeyAt(notary, 'LOG', world.ledger.network, world.at)).toBeUndefined();
  });

  it('is refused with the proof of another key, participant, use or ledger', async () => {
    const key = aLogKey();
    const own = introduction('example-notary', 'COSIGN', key);
    expect(await introduce('example-bank', own)).toBe('signature-invalid');
    expect(await introduce('example-notary', { ...own, publicKey: aLogKey().publicKey })).toBe('signature-invalid');
    expect(await introduce('example-notary', introduction('example-notary', 'COSIGN', key, 'ab'.repeat(16)))).toBe('signature-invalid');
    expect(await introduce('provincial-node', { ...introduction('provincial-node', 'COSIGN', key), use: 'LOG' })).toBe('signature-invalid');
  });

  it('of the log is the node\u2019s alone', async () => {
    expect(await introduce('example-notary', introduction('example-notary', 'LOG', aLogKey()))).toBe('role-not-allowed');
    expect(await introduce('provincial-node', introduction('provincial-node', 'LOG', aLogKey()))).toBe('done');
  });

  it('ends the one before of its use, and never comes back or serves a second use', async () => {
    const [first, second] = [aLogKey(), aLogKey()];
    expect(await introduce('city-platform', introduction('city-platform', 'COSIGN', first))).toBe('done');
    expect(await introduce('city-platform', introduction('city-platform', 'COSIGN', second))).toBe('done');
    const { logKeys } = (await world.read<Participant>('participant', 'city-platform')) as Participant;
    expect(logKeys?.map(({ publicKey, until }) => [publicKey, until === undefined])).toEqual([[first.publicKey, false], [second.publicKey, true]]);
    expect(await introduce('city-platform', introduction('city-platform', 'COSIGN', first))).toBe('already-exists');
    expect(await introduce('provincial-node', introduction('provincial-node', 'COSIGN', first))).toBe('done');
    expect(await introduce('provincial-node', introduction('provincial-node', 'LOG', first))).toBe('already-exists');
  });
});
