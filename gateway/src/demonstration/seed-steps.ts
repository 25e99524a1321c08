import { shanghaiDate, monthNumber, monthOfNumber, type DisputeState, type Finding, type Instant } from '@kesu/chaincode/domain';
import { catalogueItemOf } from './catalogue';
import { SECOND_BATCH } from './demonstration-sources';
import { CaseSeeding } from './seed-cases';
import { ConsentSeeding } from './seed-consent';
import { DeletionSeeding } from './seed-deletions';
import { EnterpriseSeeding } from './seed-enterprises';
import { acceptBatch, NODE } from './seed-network';
import { ReleaseSeeding, type AskingStep } from './seed-releases';
import { REGISTRATION_DELAY_MINUTES, type SeedStep } from './seed-waves';
import type { Seeding } from './seeding';
import { inOrder, type Step } from './step';

/** The wait after a notice, days (policy: 72 hours). */
const KEY_WAIT_DAYS = 3;

const FINDINGS: readonly DisputeState[] = ['CORRECTED', 'CONFIRMED', 'UNDETERMINED'];

/** Carries out steps: one verb, one or a few transactions. */
export class StepSeeding {
  readonly enterprises: EnterpriseSeeding;
  readonly consent: ConsentSeeding;
  readonly releases: ReleaseSeeding;
  readonly cases: CaseSeeding;
  readonly deletions: DeletionSeeding;
  private readonly loans = new Set<string>();

  constructor(private readonly seeding: Seeding) {
    this.enterprises = new EnterpriseSeeding(seeding);
    this.consent = new ConsentSeeding(seeding, this.enterprises);
    this.releases = new ReleaseSeeding(seeding, this.consent);
    this.deletions = new DeletionSeeding(seeding, this.consent, this.releases);
    this.cases = new CaseSeeding(seeding, (loan) => this.consent.loanRef(loan), (release) => this.releases.releases.get(release)?.id ?? '');
  }

  /** The scenario's steps with those that follow from them, in order of time. */
  planned(steps: readonly Step[]): readonly SeedStep[] {
    const second: Step = { ...SECOND_BATCH, batch: SECOND_BATCH.name, minute: 0, verb: 'BATCH', to: 'ACCEPTED' };
    const follow = steps.flatMap((step): SeedStep[] =>
      step.verb === 'REGISTER' && this.enterprises.hasSecondKeys(step.enterprise) ? [{ verb: 'CONFIRM_KEYS', enterprise: step.enterprise, day: step.day + KEY_WAIT_DAYS, minute: step.minute + REGISTRATION_DELAY_MINUTES }] : [],
    );
    return inOrder([...steps, second, ...(follow as unknown as Step[])]) as readonly SeedStep[];
  }

  /** Carries out a wave: steps that touch nothing in common, at the present time. */
  async wave(steps: readonly SeedStep[], label: string): Promise<void> {
    const asking = steps.filter(isAsking);
    const [permitted] = await Promise.all([this.releases.record(asking, label), ...steps.filter((step) => !isAsking(step)).map((step) => this.carryOut(step))]);
    await this.releases.reportOutcomes(permitted, label);
  }

  /** What follows at the end of a day: recipients acknowledge, are asked to delete, and attest. */
  async endOfDay(): Promise<void> {
    await this.releases.acknowledge();
    await this.deletions.ask();
    await this.deletions.attest();
  }

  /** Makes ready what a later wave releases. */
  prepareAhead(steps: readonly SeedStep[], at: Instant): Promise<void> {
    return this.releases.prepareAhead(steps.filter(isAsking), at);
  }

  /** What a step wrote, by the ids of the ledger. */
  idsOf(step: Step): readonly string[] {
    if (isAsking(step)) return this.releases.idOf(step);
    if (step.verb === 'GRANT') return step.letters.map(({ grant }) => this.consent.grant(grant).id);
    if (step.verb === 'CASE') return [this.cases.idOf(step.to === 'LITIGATION' ? `${step.case}-litigation` : step.case)];
    if (step.verb === 'LOAN') return [this.consent.loanRef(step.loan)];
    if (step.verb === 'DISPUTE') return [this.seeding.cast.seeded.id(`dispute ${step.dispute}`)];
    return step.verb === 'REVOKE' || step.verb === 'SUSPEND' || step.verb === 'RESUME' ? [this.consent.grant(step.grant).id] : [];
  }

  /** The wrong tax row of its story stands until the dispute about it is settled. */
  setWrongRow(isWrong: boolean): void {
    const { records } = this.seeding.cast.sources;
    const { profile } = this.seeding.enterprise('enterprise-0004');
    const period = monthOfNumber(monthNumber(shanghaiDate(this.seeding.startAt).slice(0, 7)) - 2);
    records.setOverrides(isWrong ? [{ subject: profile.subject, item: 'TAX-03', period, where: { taxKind: 'VAT' }, change: { declaredFen: 48_600_000, paidFen: 0 } }] : []);
  }

  /** The closed set of verbs, each with what carries it out; what asks for data is recorded together. */
  private readonly verbs: { readonly [V in SeedStep['verb']]: (step: SeedStep & { readonly verb: V }) => Promise<unknown> } = {
    REGISTER: ({ enterprise }) => this.register(enterprise),
    CONFIRM_KEYS: ({ enterprise }) => this.enterprises.confirmSecondKeys(enterprise),
    ENTERPRISE_STATE: (step) => this.enterprises.move(step),
    SUCCEED: (step) => this.enterprises.succeed(step),
    CHANGE_REPRESENTATIVE: ({ enterprise }) => this.enterprises.changeRepresentative(enterprise),
    GRANT: (step) => this.consent.give(step),
    REVOKE: (step) => this.consent.transit(step),
    SUSPEND: (step) => this.consent.transit(step),
    RESUME: (step) => this.consent.transit(step),
    MANDATE: (step) => this.consent.mandate(step),
    REQUEST: (step) => this.consent.request(step),
    DECLINE: (step) => this.consent.decline(step),
    LOAN: (step) => this.loan(step),
    DISPUTE: (step) => this.dispute(step),
    PARTICIPANT: (step) => this.participant(step),
    BATCH: (step) => this.batch(step),
    WITHDRAW_ITEM: ({ item: code }) => this.seeding.submit(NODE, 'catalogue:move-item', { code, to: 'WITHDRAWN', documentDigest: this.documentDigest(`withdrawal of ${code}`) }),
    WITHDRAW_TEMPLATE: ({ template: id, forExisting }) => this.seeding.submit(NODE, 'templates:withdraw', { id, version: 1, forExisting, documentDigest: this.documentDigest(`withdrawal of ${id}`) }),
    RELEASE: () => Promise.resolve(),
    DENY: () => Promise.resolve(),
    CHECK: () => Promise.resolve(),
    CASE: (step) => this.cases.carryOut(step),
  };

  private carryOut(step: SeedStep): Promise<unknown> {
    return (this.verbs[step.verb] as (step: SeedStep) => Promise<unknown>)(step);
  }

  private async register(slug: string): Promise<void> {
    await this.enterprises.register(slug);
    await this.consent.registerElsewhere(slug);
  }

  private documentDigest(name: string): string {
    return this.seeding.cast.seeded.documentDigest(name);
  }

  private async loan({ loan, enterprise, recipient, platform, product, to, amountFen, repaidFen }: Step & { readonly verb: 'LOAN' }): Promise<unknown> {
    const ref = this.consent.loanRef(loan);
    const amount = amountFen === undefined ? {} : { amountFen };
    if (this.loans.has(loan)) return this.seeding.submit(recipient, 'loans:advance', { ref, to: to === 'APPLIED' ? 'WITHDRAWN' : to, ...amount, ...(repaidFen === undefined ? {} : { repaidFen }) });
    this.loans.add(loan);
    return this.seeding.submit(platform, 'loans:open', { ref, enterprise: this.seeding.enterprise(enterprise).subjectRef, recipient, platform, product, ...amount });
  }

  private async dispute({ dispute, enterprise, platform, item, to }: Step & { readonly verb: 'DISPUTE' }): Promise<unknown> {
    const { seeded } = this.seeding.cast;
    const id = seeded.id(`dispute ${dispute}`);
    const documentDigest = seeded.documentDigest(`${to} of ${dispute}`);
    if (to === 'FILED') {
      return this.seeding.submit(platform, 'disputes:file', { id, enterprise: this.seeding.enterprise(enterprise).subjectRef, filedBy: 'PRINCIPAL', platform, item, reason: 'row-is-wrong', textDigest: documentDigest });
    }
    if (to === 'FORWARDED') return this.seeding.submit(platform, 'disputes:forward', { id });
    if (to === 'UNDER_REVIEW') return this.seeding.submit(NODE, 'disputes:review', { id });
    if (to === 'ANSWERED') return this.seeding.submit(NODE, 'disputes:answer', { id, documentDigest });
    if (to === 'CLOSED') return this.seeding.submit(NODE, 'disputes:close', { id });
    if (!FINDINGS.includes(to)) throw new RangeError(`no dispute becomes ${to}`);
    this.setWrongRow(false);
    return this.seeding.submit(catalogueItemOf(item).provider, 'disputes:resolve', { id, finding: to as Finding, documentDigest });
  }

  private async participant({ participant: id, to, successor }: Step & { readonly verb: 'PARTICIPANT' }): Promise<unknown> {
    const documentDigest = this.seeding.cast.seeded.documentDigest(`${id} becomes ${to}`);
    if (to === 'SUSPENDED') return this.seeding.submit(NODE, 'participants:suspend', { id, reason: 'security-incident', documentDigest });
    if (to === 'ADMITTED') return this.seeding.submit(NODE, 'participants:resume', { id, reason: 'put-right', documentDigest });
    return this.seeding.submit(NODE, 'participants:exit', { id, reason: 'merged', documentDigest, ...(successor === undefined ? {} : { successor }) });
  }

  private async batch({ batch, item, to, day }: Step & { readonly verb: 'BATCH' }): Promise<unknown> {
    if (to === 'WITHDRAWN') return this.seeding.submit(NODE, 'ingest:withdraw', { id: this.seeding.cast.sources.batchIdOf(batch), reason: 'records-incomplete' });
    // Those of day 0 come with the network: every collected item has one then.
    return day === 0 ? undefined : acceptBatch(this.seeding, { name: batch, item, day });
  }
}

function isAsking(step: SeedStep): step is AskingStep {
  return step.verb === 'RELEASE' || step.verb === 'DENY' || step.verb === 'CHECK';
}
