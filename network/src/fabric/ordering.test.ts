import type { Committer } from 'fabric-common';
import type { Connection } from './connection';
import { Ordering, ORDERING_MILLIS, ROUND_PAUSE_MILLIS } from './ordering';
import type { SignedEnvelope } from './proposal';

const ENVELOPE = { payload: new Uint8Array(), signature: new Uint8Array() } satisfies SignedEnvelope;

type Reply = () => { readonly status: string; readonly info?: string };

const accepts: Reply = () => ({ status: 'SUCCESS' });
const hasNoLeader: Reply = () => ({ status: 'SERVICE_UNAVAILABLE', info: 'no Raft leader' });
const breaksOff: Reply = () => {
  throw new Error('14 UNAVAILABLE: Connection dropped');
};

/** Orderers as the profile names them; `undefined` for one that can't be reached. */
function orderers(...replies: readonly (Reply | undefined)[]): { readonly ordering: Ordering; readonly asked: number[] } {
  const asked: number[] = [];
  const connections = replies.map((reply, index) => {
    const ready = async (): Promise<unknown> => {
      asked.push(index);
      if (reply === undefined) throw new Error('connection refused');
      return { sendBroadcast: async () => reply() };
    };
    return { place: { name: `orderer${index}` }, ready } as unknown as Connection<Committer>;
  });
  return { ordering: new Ordering(connections, new AbortController().signal), asked };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** How handing over ends, its time passed over. */
async function handedOver({ ordering }: ReturnType<typeof orderers>): Promise<unknown> {
  const ending = ordering.broadcast(ENVELOPE).catch((error: { code?: string; kind?: string }) => error.code ?? error.kind);
  await jest.advanceTimersByTimeAsync(ORDERING_MILLIS + ROUND_PAUSE_MILLIS);
  return ending;
}

describe('a transaction', () => {
  it('is handed to one orderer', async () => {
    const three = orderers(accepts, accepts, accepts);
    expect([await handedOver(three), await handedOver(three), three.asked]).toEqual([true, true, [0, 0]]);
  });

  it.each([
    ['can not be reached', undefined],
    ['has no leader', hasNoLeader],
    ['breaks off', breaksOff],
  ])('goes to the next orderer when one %s, and the following ones go there first', async (_how, reply) => {
    const three = orderers(reply, accepts, accepts);
    expect([await handedOver(three), await handedOver(three), three.asked]).toEqual([true, true, [0, 1, 1]]);
  });

  it('waits for an election to end', async () => {
    let rounds = 0;
    const electing: Reply = () => (++rounds > 6 ? accepts() : hasNoLeader());
    expect(await handedOver(orderers(electing, electing, electing))).toBe(true);
  });

  it('that no orderer took is unavailable: it has no effect', async () => {
    expect(await handedOver(orderers(undefined, hasNoLeader, undefined))).toBe('unavailable');
  });

  it.each([
    ['broke off', breaksOff],
    ['gave up waiting for the leader', () => ({ status: 'SERVICE_UNAVAILABLE', info: 'rejected by orderer: context deadline exceeded' })],
  ])('that an orderer may have passed on before it %s may have an effect: it is not called unavailable (I8)', async (_how, reply: Reply) => {
    let isFirst = true;
    const onceLost: Reply = () => {
      if (!isFirst) return hasNoLeader();
      isFirst = false;
      return reply();
    };
    expect(await handedOver(orderers(onceLost, undefined, hasNoLeader))).toBe(false);
  });

  it.each([
    ['FORBIDDEN', '', 'caller-unknown'],
    ['REQUEST_ENTITY_TOO_LARGE', '', 'limit-exceeded'],
    ['BAD_REQUEST', 'message payload is 11 MB and exceeds maximum allowed 10 MB', 'limit-exceeded'],
  ])('that is refused as %s %s is told to no other orderer', async (status, info, code) => {
    const three = orderers(() => ({ status, info }), accepts, accepts);
    expect([await handedOver(three), three.asked]).toEqual([code, [0]]);
  });

  it('that nobody sees committed is handed to another orderer than before', async () => {
    const three = orderers(accepts, accepts, accepts);
    await handedOver(three);
    await three.ordering.again(ENVELOPE);
    await three.ordering.again(ENVELOPE);
    expect(three.asked).toEqual([0, 1, 2]);
  });
});
