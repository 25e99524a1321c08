import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, deletionGroundAt, DENY_REASONS, epochMillis, fromBase64url, grantStatusAt, instantOf, releaseStateAt, saltedDigest, type Deletion, type DomainEvent, type Enterprise, type EvidenceCase, type Loan, type Participant, type RuleBook, type SignedStatement } from '@kesu/chaincode/domain';
import { identityOfGrant } from '../use-cases/grants';
import { refOfCode, subjectOf } from '../use-cases/subject-map';
import { demonstrationTokens, requestersByToken } from './demo-tokens';
import { commandsOf, readSummary } from './demonstration-summary';
import { makeEnterprises } from './enterprises';
import { makeScenario } from './scenario';
import { seedingMark } from './seeding-mark';
import { PersonalTraces } from './testing/personal-traces';
import { FoldedEvents, grantsOf, NOW, SeededWorld } from './testing/seeded-world';

const SEED = 7;
const COUNT = 260;
/** Fewer where only the course of the seeding counts. */
const FEW = 150;
const enterprises = makeEnterprises(SEED).slice(0, COUNT);
const AT = instantOf(NOW);

/**
 * What of the events is the same for a seed: all records but keys, pseudonyms, certificates and signatures, which are new in each installation, and cases of
 * evidence, whose digests cover signed releases.
 * Steps of one wave are submitted together, so the order of events is not part of it.
 */
function reproducible(events: readonly DomainEvent[]): string {
  const lines = events.filter(({ kind }) => !NEW_KINDS.includes(kind)).map((event) => canonicalJson(withoutNew(JSON.parse(JSON.stringify(event)))));
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

const NEW_KINDS: readonly string[] = ['participant', 'signatories', 'evidence-case', 'evidence-volume'];
const NEW: readonly string[] = ['signature', 'signatures', 'signed', 'requestSignature', 'keyId', 'representative', 'holder'];

function withoutNew(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNew);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, member]) => (NEW.includes(name) ? [] : [[name, withoutNew(member)]])));
}

describe('a ledger filled with the demonstration', () => {
  const world = { current: undefined as unknown as SeededWorld, folded: undefined as unknown as FoldedEvents, events: [] as readonly DomainEvent[] };

  beforeAll(async () => {
    world.current = await SeededWorld.open();
    await world.current.seed({ seed: SEED, count: COUNT });
    world.events = await world.current.events();
    world.folded = new FoldedEvents(world.events);
  }, 120_000);

  afterAll(() => world.current.dispose());

  it('denied for every reason that the law knows', () => {
    const denied = new Set([...world.folded.releases.values()].flatMap((release) => (release.reason === undefined ? [] : [release.reason])));
    expect([...DENY_REASONS].filter((reason) => !denied.has(reason))).toEqual([]);
  });

  it('took one defaulted loan to its certificate and filing, and its twin to a lawsuit, with sealed volumes and a sum', () => {
    const cases = world.folded.all<EvidenceCase>('evidence-case');
    expect(cases.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual(['ENFORCEABLE_DEBT ENFORCEMENT_FILED', 'ENFORCEABLE_DEBT ENFORCEMENT_REFUSED', 'LITIGATION DRAFT']);
    const filed = cases.find(({ state }) => state === 'ENFORCEMENT_FILED');
    expect(filed?.volumes.every(({ digest }) => digest !== undefined)).toBe(true);
    expect(filed?.enforcement?.sum).toMatchObject({ repaidFen: 25_000_000, principalFen: expect.any(Number) });
    expect(filed?.enforcement?.sum.totalFen).toBeGreaterThan(275_000_000);
  });

  it('holds grants in every state that a status call shows, each of the population as planned', () => {
    const { folded } = world;
    const participants = new Map(folded.all<Participant>('participant').map((one) => [one.id, one]));
    const [ruleBook] = folded.all<RuleBook>('rule-book');
    const byRef = new Map(enterprises.map((one) => [one.subjectRef, one]));
    const shown = grantsOf(folded).map((grant) => {
      const facts = { at: AT, ruleBook: ruleBook as RuleBook, enterprise: folded.record<Enterprise>('enterprise', grant.enterprise), counter: folded.counters.get(grant.id), loan: folded.record<Loan>('loan', grant.loanRef), participants, grant };
      return { slug: byRef.get(grant.enterprise)?.slug ?? '', state: grantStatusAt(facts).state };
    });
    expect(new Set(shown.map(({ state }) => state))).toEqual(new Set(['ACTIVE', 'SUSPENDED', 'REVOKED', 'EXPIRED', 'SUPERSEDED', 'INAPPLICABLE']));
    const { fates } = makeScenario(SEED, instantOf(epochMillis(AT) - 90 * 86_400_000), enterprises);
    for (const [name, fate] of Object.entries(fates)) expect(shown.filter(({ slug }) => name === `${slug}-grant`).map(({ state }) => state)).toContain(fate);
  });

  it('shows releases delivered, delivered in part, failed and without an outcome, and most delivered ones acknowledged', () => {
    const { releases, outcomes, acknowledgements } = world.folded;
    const states = [...releases.values()].map((release) => releaseStateAt(release, outcomes.get(release.id), 30, AT));
    expect(new Set(states)).toEqual(new Set(['DELIVERED', 'PARTIAL', 'FAILED', 'UNRESOLVED', 'DENIED']));
    const delivered = [...releases.values()].filter((release) => outcomes.get(release.id)?.outcome === 'DELIVERED' && release.basis !== 'SELF');
    const acknowledged = delivered.filter(({ id }) => acknowledgements.has(id)).length;
    expect(acknowledged).toBeGreaterThan(delivered.length * 0.7);
    expect(acknowledged).toBeLessThan(delivered.length);
  });

  it('asked for the deletion of everything that may not be kept, and most was attested', () => {
    const { folded } = world;
    const deletions = folded.all<Deletion>('deletion');
    const states = new Set(deletions.map(({ state, ground }) => `${state} ${ground}`));
    for (const state of ['ASKED', 'DELETED', 'STORAGE_ONLY']) expect([...states].some((one) => one.startsWith(state))).toBe(true);
    for (const ground of ['WITHDRAWN', 'PERIOD_ENDED', 'RETENTION_ENDED']) expect([...states].some((one) => one.endsWith(ground))).toBe(true);
    expect(deletions.filter(({ state }) => state === 'DELETED').length).toBeGreaterThan(deletions.length / 2);
    const asked = deletions.map(({ grantId, recipient }) => `${grantId} ${recipient}`);
    for (const grant of grantsOf(folded)) {
      for (const release of folded.releases.values()) {
        const reached = release.grantId === grant.id && release.decision === 'PERMIT' && folded.outcomes.get(release.id)?.outcome !== 'FAILED';
        if (reached && release.recipient !== grant.enterprise && deletionGroundAt(grant, release, AT) !== undefined) expect(asked).toContain(`${grant.id} ${release.recipient}`);
      }
    }
  });

  it('has letters signed by every kind of key', () => {
    const signers = new Set(world.events.flatMap((event) => ('signed' in event && event.signed !== undefined ? (event.signed as SignedStatement).signatures.map(({ keyId }) => keyId) : [])));
    const kinds = world.folded.all<{ keys: readonly { keyId: string; algorithm: string; means: string }[] }>('signatories').flatMap(({ keys }) => keys.filter(({ keyId }) => signers.has(keyId)).map(({ algorithm, means }) => `${algorithm} ${means}`));
    expect(new Set(kinds)).toEqual(new Set(['P256 BROWSER_KEY', 'P256 CERTIFICATE', 'SM2 CERTIFICATE', 'P256 DEVICE_PASSKEY', 'P256 SYNCED_PASSKEY']));
  });

  it('was written in 90 days of the past, in order, and goes on at the machine\'s time', async () => {
    const times = world.events.flatMap((event) => (event.kind === 'release' ? [event.release.claimedTime] : []));
    expect([...times].sort()).toEqual(times);
    expect(epochMillis(times.at(-1) ?? '') - epochMillis(times[0] ?? '')).toBeGreaterThan(80 * 86_400_000);
    expect((await world.current.ledger.head()).time < AT).toBe(true);
    expect(world.current.clock.now()).toBe(NOW);
  });

  it('knows the identity behind each letter and each code, in the private journal only', async () => {
    const { journal } = world.current;
    const parts = { store: journal, random: () => new Uint8Array(32) };
    const grants = grantsOf(world.folded);
    for (const { id } of grants) {
      const kept = await identityOfGrant({ store: journal }, id);
      const letter = world.events.flatMap((event) => (event.kind === 'grant' && event.record.id === id && event.action === 'grant' ? [event.signed?.statement] : []))[0];
      expect(saltedDigest(fromBase64url(kept?.identitySalt ?? '') ?? new Uint8Array(), kept?.identity)).toBe(letter?.identityDigest);
    }
    for (const { subjectRef, profile, codeNeedsOverride } of enterprises) {
      expect(await refOfCode(parts, profile.subject)).toBe(subjectRef);
      const subject = await subjectOf(parts, subjectRef);
      expect(subject?.codeConfirmedBy !== undefined).toBe(codeNeedsOverride);
    }
  });

  it('keeps no code, name, identity number, phone number or unsalted hash of one in any file (I16)', async () => {
    const traces = new PersonalTraces(enterprises);
    const [first] = enterprises;
    const { subject = '', name = '' } = first?.profile ?? {};
    const planted = [subject, name, createHash('sha256').update(subject).digest('hex'), createHash('sm3').update(subject).digest('base64url'), `"13800000000"`].map((text) => Buffer.from(`{"x":"a"}${text},`));
    expect([...planted, createHash('sm3').update(subject).digest()].map((content) => traces.inBytes(content))).toEqual([['CODE'], ['PERSON_OR_FIRM'], ['UNSALTED_HASH'], ['UNSALTED_HASH'], ['PHONE'], ['UNSALTED_HASH']]);
    expect(await traces.inDirectory(world.current.data)).toEqual([]);
    expect(traces.inBytes(Buffer.from(canonicalJson(world.events)))).toEqual([]);
  }, 120_000);

  it('tells a reader who is who, where the stories lie and what is permitted now', async () => {
    const summary = await readSummary(world.current.directory);
    expect(summary?.stories.map(({ id }) => id)).toEqual(['first-loan', 'revocation', 'cooperative', 'wrong-tax-row', 'enforcement', 'platform-merged']);
    for (const story of summary?.stories ?? []) {
      for (const step of story.steps.filter(({ verb }) => verb === 'GRANT' || verb === 'RELEASE' || verb === 'DENY')) expect(step.ids).not.toEqual([]);
      for (const { keys } of story.enterprises) for (const key of keys) expect(JSON.parse(await readFile(join(world.current.directory, key), 'utf8'))).toHaveProperty('keyId');
    }
    expect(summary?.permitted.map(({ token }) => token)).toContain('demo-platform');
    const commands = commandsOf(summary ?? { permitted: [] }, 'http://localhost:8420');
    expect(commands?.release).toContain('http://localhost:8420/v1/releases');
  });

  it('corrected the wrong tax row: what a bank received before differs from what it received after', () => {
    const ref = enterprises[3]?.subjectRef;
    const marks = [...world.folded.releases.values()].filter((release) => release.enterprise === ref && release.decision === 'PERMIT' && release.basis === 'GRANT').map((release) => release.items.map(({ disputes }) => disputes.length));
    expect(marks.map(([count]) => count)).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0]);
  });
});

describe('two seedings with one seed', () => {
  it('write the same records but for keys, pseudonyms and signatures', async () => {
    const digests: string[] = [];
    const worlds = [await SeededWorld.open(), await SeededWorld.open()];
    for (const world of worlds) {
      await world.seed({ seed: SEED, count: FEW });
      const events = await world.events();
      digests.push(reproducible(events));
      expect(reproducible(events.slice(1))).not.toBe(digests.at(-1));
      await world.dispose();
    }
    expect(digests[1]).toBe(digests[0]);
  }, 180_000);
});

describe('a seeding that is interrupted', () => {
  it('leaves the mark of its beginning, so that the ledger is refused', async () => {
    const world = await SeededWorld.open();
    const stop = (line: string): void => {
      if (line.startsWith('day')) throw new Error('stopped');
    };
    await expect(world.seed({ seed: SEED, count: FEW, progress: stop })).rejects.toThrow('stopped');
    expect(await seedingMark(world.journal)).toMatchObject({ state: 'STARTED', seed: SEED });
    await world.dispose();
  }, 120_000);
});

describe('tokens of the demonstration', () => {
  const requesters = requestersByToken(demonstrationTokens(enterprises));

  it('speak for participants in the order of the organisations', () => {
    expect(requesters.get('demo-provincial-node')).toEqual({ kind: 'PARTICIPANT', id: 'provincial-node', role: 'provincialNode', demonstration: true });
    expect(requesters.get('demo-platform')).toEqual({ kind: 'PARTICIPANT', id: 'qinxinrong', role: 'platform', demonstration: true });
    expect(requesters.get('demo-platform-1')).toBe(requesters.get('demo-platform'));
    expect(requesters.get('demo-recipient-2')).toMatchObject({ id: 'example-city-bank', role: 'recipient' });
  });

  it('speak for the enterprises of the stories', () => {
    expect(requesters.get('demo-enterprise-1')).toEqual({ kind: 'ENTERPRISE', ref: enterprises[0]?.subjectRef });
    expect(requesters.get('demo-enterprise-7')).toEqual({ kind: 'ENTERPRISE', ref: enterprises[6]?.subjectRef });
    expect(requesters.get('demo-enterprise-8')).toBeUndefined();
  });
});
