import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '@kesu/certs';
import type { RecordedRelease } from '@kesu/chaincode';
import { canonicalJson, initialPurposes, type Decision, type DecisionFacts, type Grant } from '@kesu/chaincode/domain';
import { mergePatch } from '../../../chaincode/src/domain/testing/merge-patch';
import { type Call, type CommittedBlock, LedgerError, type Validity } from '../ledger';
import { breachesOf } from '../testing/history-checker';
import { hotKeysOf } from '../testing/hot-keys';
import { codeOf, DOCUMENT, type LedgerWorld, type WorldEnterprise, wordOf } from '../testing/ledger-world';
import { chaincodeDirectory, labelOf, ownLabel } from '../topology/chaincode-build';
import { readDeployment } from '../topology/deployment';
import { NetworkLayout, tlsFiles } from '../topology/layout';
import type { FabricEndorsement, FabricLedger } from './fabric-ledger';
import { aLyingPeer } from './testing/lying-peer';
import { FabricTestNetwork } from './testing/test-network';

const RACES = 200;
const HELD = 50;
const MINUTE = 60_000;
const DAY = 86_400_000;

let network: FabricTestNetwork;
let ledger: FabricLedger;
let world: LedgerWorld<FabricLedger>;
let by: WorldEnterprise;
let others: [string, string];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  network = await FabricTestNetwork.up();
  closing.push(() => network.down());
  ledger = await network.ledger();
  closing.push(() => ledger.close());
  world = await network.world(ledger);
  by = await world.addEnterprise();
  const [platform = '', judicial = ''] = network.topology.organisations.map(({ mspId }) => mspId).filter((mspId) => mspId !== 'NodeMSP');
  others = [platform, judicial];
}, 240_000);
afterAll(async () => {
  for (const close of closing.reverse()) await close();
}, 60_000);

function call(as: string, transaction: string, command: object): Call {
  return { identity: world.identities.get(as) as Identity, transaction, command: canonicalJson({ operation: world.nextId(), ...command }) };
}

function releaseUnder(grant: Grant): Call {
  return call('provincial-node', 'releases:record', { requests: [world.asking({ grant })] });
}

function revocationOf(grant: Grant): Call {
  return call('city-platform', 'grants:transit', world.sign([world.transition(grant, 'REVOKE')], { by }));
}

/** Many grants, given a few at a time. */
async function giveMany(count: number): Promise<Grant[]> {
  const grants: Grant[] = [];
  while (grants.length < count) grants.push(...(await Promise.all(Array.from({ length: Math.min(20, count - grants.length) }, () => world.give(by)))));
  return grants;
}

/** What a commit became: VALID, or the validity that its block gives it. */
async function validityOf(endorsement: FabricEndorsement): Promise<Validity> {
  const { block } = await ledger.head();
  const answer = await ledger.commit(endorsement).then(() => 'VALID' as const, (error: unknown) => error);
  if (answer === 'VALID') return answer;
  expect(answer).toBeInstanceOf(LedgerError);
  const { block: last } = await ledger.head();
  for await (const each of ledger.blocks(block, new AbortController().signal)) {
    const found = each.transactions.find(({ txId }) => txId === endorsement.proposal.txId);
    if (found !== undefined) return found.validity;
    if (each.block >= last) break;
  }
  throw answer;
}

async function history(from: number): Promise<CommittedBlock[]> {
  return (await world.history()).filter(({ block }) => block >= from);
}

describe('a claimed time', () => {
  it.each([
    ['30 days ago', -30 * DAY],
    ['16 minutes ago', -16 * MINUTE],
    ['5 minutes ago', -5 * MINUTE],
    ['90 seconds ago', -90_000],
    ['in 90 seconds', 90_000],
    ['in 16 minutes', 16 * MINUTE],
  ])('%s is refused', async (_name, offset) => {
    const before = await ledger.head();
    expect(await codeOf(ledger.submit(call('provincial-node', 'operations:close', {}), { claimedTime: Date.now() + offset }))).toBe('claimed-time-out-of-bounds');
    expect(await ledger.head()).toEqual(before);
  });

  it.each([-10_000, 10_000])('%d ms off is accepted', async (offset) => {
    const claimedTime = Date.now() + offset;
    const committed = await ledger.submit(call('provincial-node', 'operations:close', {}), { claimedTime });
    expect(Date.parse(committed.claimedTime)).toBe(claimedTime);
  });
});

describe('an endorsement', () => {
  const rules = () => ({ purpose: 'EVALUATION', rule: initialPurposes().EVALUATION, documentDigest: DOCUMENT });

  it.each([0, 1, 2])('by organisation %d of three alone is refused at commit', async (index) => {
    const only = [['NodeMSP', ...others][index] ?? ''];
    expect(await validityOf(await ledger.endorse(call('provincial-node', 'operations:close', {}), { only }))).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('by two without the node is refused at commit for rule book, participants, enterprises and their keys', async () => {
    const changes: readonly Call[] = [
      call('provincial-node', 'rule-book:set-purpose', rules()),
      call('provincial-node', 'participants:suspend', { id: 'other-bank', reason: 'security-incident', documentDigest: DOCUMENT }),
      call('provincial-node', 'enterprises:move', { ref: by.ref, to: 'DORMANT', documentDigest: DOCUMENT }),
      call('provincial-node', 'signatories:end-key', { ref: by.ref, keyId: by.key.keyId, reason: 'key-lost' }),
    ];
    for (const change of changes) expect([change.transaction, await validityOf(await ledger.endorse(change, { only: others }))]).toEqual([change.transaction, 'ENDORSEMENT_POLICY_FAILURE']);
  });

  it('by the node alone is refused at commit for those keys, by the node and another accepted', async () => {
    expect(await validityOf(await ledger.endorse(call('provincial-node', 'rule-book:set-purpose', rules()), { only: ['NodeMSP'] }))).toBe('ENDORSEMENT_POLICY_FAILURE');
    for (const other of others) expect(await validityOf(await ledger.endorse(call('provincial-node', 'participants:rename', { id: 'other-bank', name: { from: '2023-01-01', zh: '示范', en: 'Example' }, documentDigest: DOCUMENT }), { only: ['NodeMSP', other] }))).toBe('VALID');
  });

  it('by two without the node is accepted for what needs no node', async () => {
    const loan = call('example-bank', 'loans:open', { ref: world.nextId(), enterprise: by.ref, recipient: 'example-bank', platform: 'city-platform', product: 'CREDIT-1' });
    expect(await validityOf(await ledger.endorse(loan, { only: others }))).toBe('VALID');
  });
});

describe('a release', () => {
  it(`never stands behind the revocation of its grant in ${RACES} forced races (I1)`, async () => {
    const { block } = await ledger.head();
    const grants = await giveMany(RACES);
    let behind = 0;
    for (let at = 0; at < RACES; at += 25) {
      const races = grants.slice(at, at + 25);
      const endorsed = await Promise.all(races.map(async (grant, index) => ({ index, release: await ledger.endorse(releaseUnder(grant)), revocation: await ledger.endorse(revocationOf(grant)) })));
      const outcomes = await Promise.all(
        endorsed.map(async ({ index, release, revocation }) => {
          const first = index % 4 === 0 ? release : revocation;
          const second = index % 4 === 0 ? revocation : release;
          const [a, b] = await Promise.allSettled([ledger.commit(first), ledger.commit(second)]);
          return { release: index % 4 === 0 ? a : b, revocation: index % 4 === 0 ? b : a };
        }),
      );
      for (const { release, revocation } of outcomes) {
        expect(revocation.status).toBe('fulfilled');
        if (release.status === 'rejected') {
          behind++;
          expect(release.reason).toMatchObject({ kind: 'conflict' });
        }
      }
    }
    expect(behind).toBeGreaterThan(RACES / 2);
    expect(breachesOf(await world.history())).toEqual([]);
    const invalid = (await history(block + 1)).flatMap(({ transactions }) => transactions).filter(({ validity }) => validity !== 'VALID');
    expect(invalid.map(({ transaction, validity }) => `${transaction} ${validity}`)).toEqual(Array.from({ length: behind }, () => 'releases:record MVCC_READ_CONFLICT'));
  }, 300_000);

  it(`that was endorsed and held until after the revocation is refused at commit, ${HELD} of ${HELD} (rule 3)`, async () => {
    const grants = await giveMany(HELD);
    const held = await Promise.all(grants.map((grant) => ledger.endorse(releaseUnder(grant))));
    await Promise.all(grants.map((grant) => ledger.submit(revocationOf(grant))));
    const outcomes = await Promise.allSettled(held.map((endorsement) => ledger.commit(endorsement)));
    expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as LedgerError).kind : outcome.status))).toEqual(held.map(() => 'conflict'));
    expect(breachesOf(await world.history())).toEqual([]);
  }, 300_000);

  it('in a flood on its grant never keeps the revocation from committing at its first try (I17)', async () => {
    const grant = await world.give(by);
    let isRevoked = false;
    const words: string[] = [];
    const flood = Array.from({ length: 12 }, async () => {
      while (!isRevoked) {
        const { result } = await ledger.submit(releaseUnder(grant)).catch(() => ({ result: '{"releases":[]}' }));
        words.push(...(JSON.parse(result) as { releases: RecordedRelease[] }).releases.map(wordOf));
      }
    });
    while (words.length < 30) await new Promise((resolve) => setTimeout(resolve, 10));
    await ledger.submit(revocationOf(grant));
    isRevoked = true;
    await Promise.all(flood);
    expect(await world.decisions({ grant })).toEqual(['grant-revoked']);
  }, 120_000);

  it('that is only evaluated answers what it would record', async () => {
    const { result } = await ledger.evaluate(releaseUnder(await world.give(by)));
    expect((JSON.parse(result) as { releases: { release: { decision: string } }[] }).releases.map(({ release }) => release.decision)).toEqual(['PERMIT']);
  });

  it('writes no key that another release writes: none is hot (rule 2)', async () => {
    const { block } = await ledger.head();
    const grants = await giveMany(12);
    await Promise.all(grants.map((grant) => ledger.submit(releaseUnder(grant))));
    expect(hotKeysOf(await history(block + 1), 'releases:record')).toEqual([]);
  }, 120_000);
});

describe('an operation whose outcome is unknown', () => {
  it('is closed before it takes effect, and what was held of it is refused for good (I8)', async () => {
    const held = call('provincial-node', 'rule-book:set-purpose', { purpose: 'EVALUATION', rule: initialPurposes().EVALUATION, documentDigest: DOCUMENT });
    const { operation } = JSON.parse(held.command) as { operation: string };
    const endorsement = await ledger.endorse(held);
    const close = () => world.submit('provincial-node', 'operations:close', { operation });
    expect((await close()).answer).toEqual({ kind: 'CLOSED' });
    expect(await validityOf(endorsement)).toBe('MVCC_READ_CONFLICT');
    expect(await codeOf(ledger.submit(held))).toBe('operation-closed');
    expect((await close()).answer).toEqual({ kind: 'CLOSED' });
  });

  it('is told as unknown, and then definitely, when nobody waits for its commit (I8)', async () => {
    const hasty = await network.ledger({ commitMillis: 1 });
    try {
      const sent = call('provincial-node', 'participants:rename', { id: 'other-bank', name: { from: '2024-01-01', zh: '示范', en: 'Example' }, documentDigest: DOCUMENT });
      await expect(hasty.submit(sent)).rejects.toMatchObject({ kind: 'outcome-unknown' });
      const { operation } = JSON.parse(sent.command) as { operation: string };
      const close = async () => (await world.submit('provincial-node', 'operations:close', { operation })).answer;
      // It loses the race against what it closes, or wins it: either way it is definite from then on.
      const first = await close().catch(close);
      expect(['DONE', 'CLOSED']).toContain(first.kind);
      expect(await close()).toEqual(first);
      const repeated = await codeOf(ledger.submit(sent));
      expect(repeated).toBe(first.kind === 'DONE' ? 'done' : 'operation-closed');
    } finally {
      await hasty.close();
    }
  });
});

describe('at the end', () => {
  it('every peer shows the same blocks, hashes and validities (I12)', async () => {
    const { block } = await ledger.head();
    const shown: string[] = [];
    for (const { mspId } of network.topology.organisations) {
      const there = await network.ledger({ homeMspId: mspId });
      const blocks: string[] = [];
      for await (const each of there.blocks(0, new AbortController().signal)) {
        blocks.push(`${each.block} ${each.hash} ${each.transactions.map(({ txId, validity }) => `${txId} ${validity}`).join()}`);
        if (each.block >= block) break;
      }
      shown.push(blocks.join('\n'));
      await there.close();
    }
    expect(new Set(shown).size).toBe(1);
    expect(shown).toHaveLength(3);
    expect((await ledger.verify(new AbortController().signal)).problems).toEqual([]);
  }, 60_000);

  it('a peer that shows another chain is named (I12)', async () => {
    const liar = await aLyingPeer(tlsFiles(join(new NetworkLayout(network.directory).node('notary', 'peer'), 'tls')));
    const organisations = network.profile.organisations.map((organisation) => (organisation.mspId === 'JudicialMSP' ? { ...organisation, peers: organisation.peers.map((place) => ({ ...place, url: `grpcs://127.0.0.1:${liar.port}` })) } : organisation));
    const deceived = await network.ledger({ profile: { ...network.profile, organisations } });
    const { block } = await deceived.head();
    const { problems } = await deceived.verify(new AbortController().signal);
    await deceived.close();
    liar.close();
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^notary-peer shows block ${block} with hash [0-9a-f]{64}, the others with`))]);
  }, 60_000);
});

interface BuiltDomain {
  decide(facts: DecisionFacts): Decision;
}

describe('the decision vectors', () => {
  const { base, cases } = JSON.parse(readFileSync(join(__dirname, '../../../chaincode/vectors/decision.json'), 'utf8')) as { base: unknown; cases: readonly { name: string; patch: unknown; expect: Decision }[] };

  it('hold in the build that the chaincode processes run, as the label that every organisation approved names it', async () => {
    const deployed = readDeployment(new NetworkLayout(network.directory));
    for (const organisation of network.topology.organisations) {
      expect(labelOf(deployed?.packages[organisation.name]?.id ?? '')).toBe(ownLabel(network.topology, organisation));
      const { decide } = (await import(join(chaincodeDirectory(organisation), 'lib', 'domain', 'index.js'))) as BuiltDomain;
      for (const { name, patch, expect: expected } of cases) {
        const { participants, sources, ...facts } = mergePatch(base, patch) as DecisionFacts & { participants: object; sources?: object };
        const decided = decide({ ...facts, participants: new Map(Object.entries(participants)) as never, sources: sources === undefined ? undefined : (new Map(Object.entries(sources)) as never) });
        expect([name, decided]).toEqual([name, expected]);
      }
    }
    expect(cases.length).toBeGreaterThan(100);
  });
});
