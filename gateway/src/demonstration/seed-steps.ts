import { DAY_MILLIS, shanghaiDate, MINUTE_MILLIS, monthNumber, monthOfNumber, type DisputeState, type Finding, type Instant } from '@kesu/chaincode/domain';
import { catalogueItemOf } from './catalogue';
import { SECOND_BATCH } from './demonstration-sources';
import { ConsentSeeding } from './seed-consent';
import { EnterpriseSeeding } from './seed-enterprises';
import { acceptBatch, NODE } from './seed-network';
import { ReleaseSeeding, type AskingStep } from './seed-releases';
import type { Seeding } from './seeding';
import { inOrder, type Step } from './step';

/** A step of the scenario, or one that follows from another: the node confirms keys whose wait is over. */
export type SeedStep = Step | { readonly verb: 'CONFIRM_KEYS'; readonly enterprise: string; readonly day: number; readonly minute: number };

/** The wait after a notice, days (policy: 72 hours). */
const KEY_WAIT_DAYS = 3;

const FINDINGS: readonly DisputeState[] = ['CORRECTED', 'CONFIRMED', 'UNDETERMINED'];

/** Carries out steps: one verb, one or a few transactions. */
export class StepSeeding {
  readonly enterprises: EnterpriseSeeding;
  readonly consent: ConsentSeeding;
  readonly releases: ReleaseSeeding;
  private readonly loans = new Set<string>();

  constructor(private readonly seeding: Seeding) {
    this.enterprises = new EnterpriseSeeding(seeding);
    this.consent = new ConsentSeeding(seeding, this.enterprises);
    this.releases = new ReleaseSeeding(seeding, this.consent);
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

  /** Makes ready what a later wave releases. */
  prepareAhead(steps: readonly SeedStep[], at: Instant): Promise<void> {
    return this.releases.prepareAhead(steps.filter(isAsking), at);
  }

  /** What a step wrote, by the ids of the ledger. */
  idsOf(step: Step): readonly string[] {
    switch (step.verb) {
      case 'GRANT':
        return step.letters.map(({ grant }) => this.consent.grant(grant).id);
      case 'REVOKE':
      case 'SUSPEND':
      case 'RESUME':
        return [this.consent.grant(step.grant).id];
      case 'RELEASE':
      case 'DENY':
        return this.releases.idOf(step);
      case 'LOAN':
        return [this.consent.loanRef(step.loan)];
      case 'DISPUTE':
        return [this.seeding.cast.seeded.id(`dispute ${step.dispute}`)];
      default:
        return [];
    }
  }

  /** The wrong tax row of its story stands until the dispute about it is settled. */
  setWrongRow(isWrong: boolean): void {
    const { records } = this.seeding.cast.sources;
    const { profile } = this.seeding.enterprise('enterprise-0004');
    const period = monthOfNumber(monthNumber(shanghaiDate(this.seeding.startAt).slice(0, 7)) - 2);
    records.setOverrides(isWrong ? [{ subject: profile.subject, item: 'TAX-03', period, where: { taxKind: 'VAT' }, change: { declaredFen: 48_600_000, paidFen: 0 } }] : []);
  }

  private async carryOut(step: SeedStep): Promise<unknown> {
    switch (step.verb) {
      case 'REGISTER':
        return this.enterprises.register(step.enterprise);
      case 'CONFIRM_KEYS':
        return this.enterprises.confirmSecondKeys(step.enterprise);
      case 'GRANT':
        return this.consent.give(step);
      case 'REVOKE':
      case 'SUSPEND':
      case 'RESUME':
        return this.consent.transit({ ...step, verb: step.verb });
      case 'MANDATE':
        return this.consent.mandate(step);
      case 'REQUEST':
        return this.consent.request(step);
      case 'DECLINE':
        return this.consent.decline(step);
      case 'LOAN':
        return this.loan(step);
      default:
        return this.carryOutRest(step);
    }
  }

  private async carryOutRest(step: SeedStep): Promise<unknown> {
    const { seeded } = this.seeding.cast;
    switch (step.verb) {
      case 'ENTERPRISE_STATE':
        return this.enterprises.move(step);
      case 'SUCCEED':
        return this.enterprises.succeed(step);
      case 'CHANGE_REPRESENTATIVE':
        return this.enterprises.changeRepresentative(step.enterprise);
      case 'DISPUTE':
        return this.dispute(step);
      case 'PARTICIPANT':
        return this.participant(step);
      case 'BATCH':
        return this.batch(step);
      case 'WITHDRAW_ITEM':
        return this.seeding.submit(NODE, 'catalogue:move-item', { code: step.item, to: 'WITHDRAWN', documentDigest: seeded.documentDigest(`withdrawal of ${step.item}`) });
      case 'WITHDRAW_TEMPLATE':
        return this.seeding.submit(NODE, 'templates:withdraw', { id: step.template, version: 1, forExisting: step.forExisting, documentDigest: seeded.documentDigest(`withdrawal of ${step.template}`) });
      default:
        return undefined;
    }
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

/** How much later than planned a step may happen, so that independent ones are submitted together: registrations more, they come in lists. */
const REGISTRATION_DELAY_MINUTES = 120;
const DELAY_MINUTES = 30;

/** Steps that happen together at the time of the last of them. */
export interface Wave {
  readonly steps: readonly SeedStep[];
  readonly day: number;
  readonly minute: number;
}

/**
 * Groups steps in order of time into waves: within a short time, and no two of a wave touch the same enterprise. What concerns everyone
 * (a participant, a batch, an item, a template) is a wave of its own.
 * @param predecessorOf the enterprise that another came from: it counts as touched too.
 */
export function wavesOf(steps: readonly SeedStep[], predecessorOf: (slug: string) => string | undefined): readonly Wave[] {
  const waves: SeedStep[][] = [];
  const touchedBy = (step: SeedStep): readonly string[] => enterprisesOf(step).flatMap((slug) => [slug, predecessorOf(slug) ?? slug]);
  for (const step of steps) {
    const wave = waves.at(-1);
    if (wave !== undefined && joins(wave, step, touchedBy)) wave.push(step);
    else waves.push([step]);
  }
  return waves.map((wave) => ({ steps: wave, day: wave.at(-1)?.day ?? 0, minute: wave.at(-1)?.minute ?? 0 }));
}

function joins(wave: readonly SeedStep[], step: SeedStep, touchedBy: (step: SeedStep) => readonly string[]): boolean {
  const [first] = wave;
  if (first === undefined || wave.length >= MOST_IN_WAVE) return false;
  const isList = isRegistration(first);
  const longest = isList ? REGISTRATION_DELAY_MINUTES : DELAY_MINUTES;
  const touched = wave.flatMap(touchedBy);
  const own = touchedBy(step);
  return isList === isRegistration(step) && minutesOf(step) - minutesOf(first) <= longest && own.length > 0 && touched.length > 0 && !own.some((slug) => touched.includes(slug));
}

const MOST_IN_WAVE = 60;

function isRegistration({ verb }: SeedStep): boolean {
  return verb === 'REGISTER' || verb === 'CONFIRM_KEYS';
}

function minutesOf({ day, minute }: SeedStep): number {
  return (day * DAY_MILLIS) / MINUTE_MILLIS + minute;
}

/** The enterprises that a step touches; none when it concerns everyone. */
function enterprisesOf(step: SeedStep): readonly string[] {
  switch (step.verb) {
    case 'RELEASE':
    case 'DENY':
    case 'CHECK':
      return [step.ask.enterprise];
    case 'GRANT':
      return step.letters.map(({ enterprise }) => enterprise);
    case 'SUCCEED':
      return [step.enterprise, step.successor];
    case 'PARTICIPANT':
    case 'BATCH':
    case 'WITHDRAW_ITEM':
    case 'WITHDRAW_TEMPLATE':
    case 'LATER':
      return [];
    default:
      return [step.enterprise];
  }
}
