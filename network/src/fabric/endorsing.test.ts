import { DomainError } from '@kesu/chaincode/domain';
import type { Endorser } from 'fabric-common';
import { kvrwset, protos, rwset } from 'fabric-protos';
import type { Connection } from './connection';
import { DISAGREEMENT_PAUSES, Endorsing } from './endorsing';
import type { ProposalResponse } from './peer-answer';
import type { SignedProposal } from './proposal';

const [NODE, PLATFORM, JUDICIAL] = ['NodeMSP', 'PlatformMSP', 'JudicialMSP'] as const;
const PROPOSAL = { wire: {} } as SignedProposal;

/** What a peer signs that simulated a call: what it read, as of which block, and what the call writes. */
function simulated({ key = 'operation/one', asOf = 7 }: { readonly key?: string; readonly asOf?: number } = {}): Uint8Array {
  const set = kvrwset.KVRWSet.encode({ reads: [{ key: 'grant/one', version: { block_num: asOf, tx_num: 0 } }], writes: [{ key, value: Buffer.from('{}') }] }).finish();
  const results = rwset.TxReadWriteSet.encode({ ns_rwset: [{ namespace: 'kesu', rwset: set }] }).finish();
  const extension = protos.ChaincodeAction.encode({ results, response: { status: 200, payload: Buffer.from('"answer"') } }).finish();
  return protos.ProposalResponsePayload.encode({ extension }).finish();
}

type Answer = () => ProposalResponse;

const endorses = (about: Parameters<typeof simulated>[0] = {}): Answer => () => ({ response: { status: 200, message: '', payload: Buffer.from('"answer"') }, payload: simulated(about), endorsement: { endorser: Buffer.from('peer'), signature: Buffer.from('signature') } });
const refuses = (code: 'already-exists' | 'not-yours'): Answer => () => ({ response: { status: 500, message: `transaction returned with failure: Error: ${DomainError.of(code, 'no').message}`, payload: new Uint8Array() }, payload: new Uint8Array() });
const isSilent: Answer = () => {
  throw new Error('14 UNAVAILABLE');
};
const doesNotSign: Answer = () => ({ ...endorses()(), endorsement: null });

interface Peers {
  readonly endorsing: Endorsing;
  /** Who was asked, in order. */
  readonly asked: string[];
}

/** Peers of three organisations; each gives its answers one after the other, the last one from then on. */
function peers(answers: Readonly<Record<string, readonly Answer[]>>, home: string = NODE, policy = { required: 2, organisations: [NODE, PLATFORM, JUDICIAL] as readonly string[] }): Peers {
  const asked: string[] = [];
  const organisations = [NODE, PLATFORM, JUDICIAL].map((mspId) => {
    const left = [...(answers[mspId] ?? [endorses()])];
    const sendProposal = async (): Promise<ProposalResponse> => {
      asked.push(mspId);
      return (left.length > 1 ? left.shift() : left[0])?.() ?? isSilent();
    };
    return { mspId, peers: [{ ready: async () => ({ sendProposal }) } as unknown as Connection<Endorser>] };
  });
  return { endorsing: new Endorsing({ channel: 'kesu', chaincode: 'kesu', organisations, policy: { required: policy.required, organisations: [...policy.organisations] }, nodeMspId: NODE, homeMspId: () => home, closing: new AbortController().signal }), asked };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** How endorsing ends, its pauses passed over: the organisations that agree, or why they don't. */
async function outcomeOf({ endorsing }: Peers, only?: readonly string[]): Promise<unknown> {
  const ending = endorsing.endorse(PROPOSAL, only).then(
    ({ mspIds, endorsements }) => (mspIds.length === endorsements.length ? [...mspIds].sort() : 'an endorsement is missing'),
    (error: { code?: string; kind?: string }) => error.code ?? error.kind,
  );
  await jest.advanceTimersByTimeAsync(DISAGREEMENT_PAUSES.reduce((sum, pause) => sum + pause, 0));
  return ending;
}

describe('a call', () => {
  it('is endorsed by the node and the home organisation, and nobody else is asked', async () => {
    const asked = peers({}, JUDICIAL);
    expect([await outcomeOf(asked), asked.asked]).toEqual([[JUDICIAL, NODE], [NODE, JUDICIAL]]);
  });

  it.each([
    ['does not answer', isSilent],
    ['does not sign its answer', doesNotSign],
  ])('is endorsed by the third organisation when one of the two %s', async (_how, answer) => {
    expect(await outcomeOf(peers({ [PLATFORM]: [answer] }))).toEqual([JUDICIAL, NODE]);
    expect(await outcomeOf(peers({ [NODE]: [answer] }))).toEqual([JUDICIAL, PLATFORM]);
  });

  it('has no effect when only one organisation answers', async () => {
    expect(await outcomeOf(peers({ [PLATFORM]: [isSilent], [JUDICIAL]: [doesNotSign] }))).toBe('unavailable');
  });

  it('is not endorsed while two peers saw different states, and is when they see the same', async () => {
    const stale = endorses({ asOf: 6 });
    const apart = peers({ [PLATFORM]: [stale], [JUDICIAL]: [stale] });
    expect(await outcomeOf(apart)).toBe('conflict');
    expect(apart.asked.length).toBe(2 * (DISAGREEMENT_PAUSES.length + 1));
    expect(await outcomeOf(peers({ [PLATFORM]: [stale, stale, endorses()] }))).toEqual([NODE, PLATFORM]);
  });

  it('goes round a node that stays behind the two others', async () => {
    expect(await outcomeOf(peers({ [NODE]: [endorses({ asOf: 6 })] }, PLATFORM))).toEqual([JUDICIAL, PLATFORM]);
  });

  it('that both refuse is refused at once with the rule’s code', async () => {
    const refused = peers({ [NODE]: [refuses('already-exists')], [PLATFORM]: [refuses('already-exists')] });
    expect([await outcomeOf(refused), refused.asked.length]).toEqual(['already-exists', 2]);
  });

  it('that one of two refuses is never endorsed, and is asked again as one of them may be behind', async () => {
    expect(await outcomeOf(peers({ [NODE]: [refuses('already-exists')], [JUDICIAL]: [refuses('already-exists')] }))).toBe('already-exists');
    expect(await outcomeOf(peers({ [NODE]: [refuses('not-yours'), endorses()] }))).toEqual([NODE, PLATFORM]);
  });

  it('is endorsed by as many as the policy asks', async () => {
    const all = { required: 3, organisations: [NODE, PLATFORM, JUDICIAL] };
    expect(await outcomeOf(peers({}, NODE, all))).toEqual([JUDICIAL, NODE, PLATFORM]);
    expect(await outcomeOf(peers({ [PLATFORM]: [isSilent] }, NODE, all))).toBe('unavailable');
  });

  it('is endorsed by none whose endorsement does not count, though its peer is followed', async () => {
    const without = peers({}, JUDICIAL, { required: 2, organisations: [NODE, PLATFORM] });
    expect([await outcomeOf(without), without.asked]).toEqual([[NODE, PLATFORM], [NODE, PLATFORM]]);
    expect(await outcomeOf(peers({}, JUDICIAL, { required: 2, organisations: [NODE, PLATFORM] }), [JUDICIAL])).toEqual([JUDICIAL]);
  });

  it('that is refused by endorsers behind the peer that is followed is asked again, and refused at once where that peer refuses it too', async () => {
    const policy = { required: 2, organisations: [NODE, PLATFORM] };
    const behind = [refuses('not-yours'), endorses()];
    expect(await outcomeOf(peers({ [NODE]: behind, [PLATFORM]: behind }, JUDICIAL, policy))).toEqual([NODE, PLATFORM]);
    const refused = peers({ [NODE]: [refuses('not-yours')], [PLATFORM]: [refuses('not-yours')], [JUDICIAL]: [refuses('not-yours')] }, JUDICIAL, policy);
    expect([await outcomeOf(refused), refused.asked]).toEqual(['not-yours', [NODE, PLATFORM, JUDICIAL]]);
  });

  it.each(['rule-book', 'participant', 'enterprise', 'signatories'])('that changes a record of the kind %s is not endorsed without the node', async (kind) => {
    const change = endorses({ key: `${kind}/one` });
    expect(await outcomeOf(peers({ [NODE]: [isSilent], [PLATFORM]: [change], [JUDICIAL]: [change] }))).toBe('unavailable');
    expect(await outcomeOf(peers({ [NODE]: [change], [PLATFORM]: [change] }))).toEqual([NODE, PLATFORM]);
  });
});
