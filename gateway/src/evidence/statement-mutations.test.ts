import { decodeNote, encodeNote, LOG_PROOF_FORMAT, rerun, utf8ToBytes, type AnyRecordEvent, type BatchReach, type DecisionRerun, type ReadAgain, type ReleaseEvent, type SignedNote, type UsageReport } from '@kesu/chaincode/domain';
import { verifyFile, type FailureCode, type TrustFile } from '@kesu/verifier';
import { CAST } from '../testing/test-cast';
import { batchReach, decisionRerun, usageReport, type StatementParts } from '../use-cases/statements';
import { EvidenceWorld } from './testing/evidence-world';

let made: EvidenceWorld;
let stated: { readonly report: UsageReport; readonly rerun: DecisionRerun; readonly reach: BatchReach };

beforeAll(async () => {
  made = await EvidenceWorld.open();
  const { logs, log, sealParts, grant } = made;
  const { world, releases } = logs;
  const id = world.nextId();
  await world.submit(CAST.platform, 'evidence:report-usage', { id, enterprise: grant.enterprise });
  await releases.projection.caughtUp();
  await log.log.caughtUp();
  const { publisher } = log;
  if (publisher === undefined) throw new Error('the log is published');
  const parts: StatementParts = { readModel: sealParts.readModel, log: log.log, publisher };
  const permitted = releases.projection.trace('enterprise', grant.enterprise, { decision: 'PERMIT' }, { limit: 1 }).entries[0]?.release.id ?? '';
  stated = { report: await usageReport(parts, id), rerun: await decisionRerun(parts, permitted), reach: await batchReach(parts, world.batchId) };
});
afterAll(() => made.dispose());

type Stated = typeof stated;
type Name = keyof Stated;
type Open<T> = { -readonly [K in keyof T]: Open<T[K]> };

function refusal(value: unknown, trust: Partial<TrustFile> = {}) {
  const { kind, verdict, checks } = verifyFile(utf8ToBytes(JSON.stringify(value)), made.trust(trust));
  return { kind, verdict, codes: checks.flatMap(({ code }) => code ?? []) };
}

function changed<N extends Name>(name: N, change: (copy: Open<Stated[N]>) => void): Stated[N] {
  const copy = structuredClone(stated[name]);
  change(copy as Open<Stated[N]>);
  return copy;
}

function withSigners(note: string, choose: (signatures: SignedNote['signatures']) => SignedNote['signatures']): string {
  const { signatures, ...rest } = decodeNote(note);
  return encodeNote({ ...rest, signatures: choose(signatures) });
}

describe('a statement', () => {
  it.each<readonly [Name, string]>([
    ['report', 'usage-report'],
    ['rerun', 'decision-rerun'],
    ['reach', 'batch-reach'],
  ])('(%s) is proven by the trust file, however it is laid out', (name, kind) => {
    expect(refusal(stated[name])).toEqual({ kind, verdict: 'PROVEN', codes: [] });
    const { verdict } = verifyFile(utf8ToBytes(JSON.stringify(stated[name], null, 2)), made.trust());
    expect(verdict).toBe('PROVEN');
  });

  it('says in its checks who received, what was decided, where a batch went', () => {
    const said = (name: Name): string => verifyFile(utf8ToBytes(JSON.stringify(stated[name])), made.trust()).checks.map(({ name: check, value }) => `${check}: ${value}`).join('\n');
    expect(said('report')).toContain(`nobody but ${CAST.bank} (GRANT, 1 releases) received non-public data; 1 denials`);
    expect(said('rerun')).toContain('decision: PERMIT, as the ledger recorded');
    expect(said('reach')).toContain(`reach: batch ${made.logs.world.batchId}`);
  });

  it.each<readonly [string, FailureCode, () => unknown]>([
    ['with a member that it hasn\u2019t', 'statement-malformed', () => ({ ...stated.report, more: 1 })],
    ['without its summary', 'statement-malformed', () => ({ ...stated.reach, reach: undefined })],
    ['of another ledger', 'leaf-network-foreign', () => ({ ...stated.report, network: 'ab'.repeat(16) })],
    ['with another ledger\u2019s leaf', 'subject-differs', () => changed('report', (copy) => void (copy.enterprise = '0'.repeat(32)))],
    ['with a leaf left out', 'chain-broken', () => changed('report', ({ leaves }) => void leaves.splice(1, 1))],
    ['with its newest leaf left out', 'fact-not-proven', () => changed('report', ({ leaves }) => void leaves.splice(0, 1))],
    ['with an event held back', 'facts-missing', () => changed('report', ({ leaves }) => void delete leaves.find(({ event }) => event?.kind === 'release')?.event)],
    ['with another event', 'event-differs', () => changed('report', ({ leaves }) => void Object.assign(leaves.find(({ event }) => event !== undefined)?.event ?? {}, { more: 1 }))],
    ['with a row of the summary left out', 'summary-differs', () => changed('report', ({ usage }) => void usage.rows.pop())],
    ['with findings that are not the records\u2019', 'summary-differs', () => changed('rerun', (copy) => void (copy.findings = { ...copy.findings, decision: 'DENY', reason: 'no-grant' }))],
    ['without a record that the decision read', 'facts-missing', () => changed('rerun', (copy) => void (copy.records = copy.records.filter(({ event }) => event.kind !== 'rule-book')))],
    ['with a release of the reach left out', 'summary-differs', () => changed('reach', ({ releases }) => void releases.pop())],
    ['with a release of the reach twice', 'facts-missing', () => changed('reach', ({ releases, reach }) => [releases.push(...releases), reach.releases.push(...reach.releases)])],
    ['with a checkpoint of another log', 'checkpoint-origin-foreign', () => changed('reach', (copy) => void (copy.checkpoint = copy.checkpoint.replace(/^kesu\/\w+/, 'kesu/other')))],
    ['with a checkpoint that its log did not sign', 'checkpoint-log-key-missing', () => changed('rerun', (copy) => void (copy.checkpoint = withSigners(copy.checkpoint, (signatures) => signatures.slice(1))))],
    ['with a checkpoint of another size', 'checkpoint-signature-invalid', () => changed('report', (copy) => void (copy.checkpoint = copy.checkpoint.replace(/\n(\d+)\n/, (_all, size: string) => `\n${Number(size) + 1}\n`)))],
  ])('%s is refused', (_name, code, statement) => {
    const { verdict, codes } = refusal(statement());
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });

  it.each<readonly [string, string]>([
    ['nested so deep that a reader would fall over', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['with a number that has no canonical form', '1.5'],
    ['with a text that has none', '"\\ud800"'],
  ])('%s is refused, not stumbled over', (_name, json) => {
    const hostile = (value: object): string => JSON.stringify(value).replace('"kind":"release"', `"kind":"release","more":${json}`);
    const { release, checkpoint } = stated.rerun;
    for (const text of [hostile(stated.report), hostile(stated.rerun), hostile(stated.reach), hostile({ format: LOG_PROOF_FORMAT, ...release, checkpoint })]) {
      expect(text).toContain('"more"');
      const { verdict, checks } = verifyFile(utf8ToBytes(text), made.trust());
      expect([verdict, checks.map(({ code }) => code)]).toEqual(['REFUTED', ['part-malformed']]);
    }
  });

  it('whose checkpoint too few of the trusted cosigners signed is refused for that alone', () => {
    const short = changed('report', (copy) => void (copy.checkpoint = withSigners(copy.checkpoint, (signatures) => signatures.slice(0, 2))));
    expect(refusal(short)).toEqual({ kind: 'usage-report', verdict: 'REFUTED', codes: ['cosigners-too-few'] });
  });

  it('whose decision the ledger recorded otherwise is refused for that alone', () => {
    const records = stated.rerun.records.filter(({ event }) => event.kind !== 'grant');
    const { release } = stated.rerun.release.event as unknown as ReleaseEvent;
    const shown = records.map(({ event }) => event as unknown as AnyRecordEvent);
    const record = ((kind: string, id: string) => shown.find((event) => event.kind === kind && (kind !== 'participant' || (event.record as { readonly id: string }).id === id))?.record) as ReadAgain['record'];
    const findings = rerun({ release, record, counter: undefined, basisRelease: undefined, basisIsSpent: false });
    expect(findings).toMatchObject({ decision: 'DENY', reason: 'no-grant' });
    expect(refusal({ ...stated.rerun, records, findings })).toEqual({ kind: 'decision-rerun', verdict: 'REFUTED', codes: ['decision-differs'] });
  });
});
