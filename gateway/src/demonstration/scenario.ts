import type { Granularity, Instant, KeyCapacity, LoanState, Purpose } from '@kesu/chaincode/domain';
import { catalogueItemOf } from './catalogue';
import { denialSteps } from './denials';
import { sensitiveSteps } from './sensitive-grants';
import { enterpriseSlug, RESERVED_ENTERPRISES, type DemonstrationEnterprise } from './enterprises';
import { registryCapacityOf } from './key-plan';
import { organisationsOf } from './organisations';
import { SeededRandom, type Weighted } from './seed';
import { inOrder, type LetterPlan, type PlannedItem, type ReleaseAsk, type Step } from './step';
import { makeStories } from './stories';
import { templateOf } from './templates';

/** How a grant of the scenario stands on the last day: as a status call shows it. */
export const GRANT_FATES = ['ACTIVE', 'SUSPENDED', 'REVOKED', 'EXPIRED', 'SUPERSEDED', 'INAPPLICABLE'] as const;

/** One of {@link GRANT_FATES}. */
export type GrantFate = (typeof GRANT_FATES)[number];

/** Everything that happens in the demonstration's 90 days, and how each grant of the population stands at their end. */
export interface Scenario {
  /** Stories included, in order of time. */
  readonly steps: readonly Step[];
  /** By the name of the grant; stories and denials are not in it. */
  readonly fates: Readonly<Record<string, GrantFate>>;
}

const FATE_SHARES: readonly Weighted<GrantFate>[] = [
  { value: 'ACTIVE', weight: 46 },
  { value: 'SUSPENDED', weight: 7 },
  { value: 'REVOKED', weight: 13 },
  { value: 'EXPIRED', weight: 18 },
  { value: 'SUPERSEDED', weight: 7 },
  { value: 'INAPPLICABLE', weight: 9 },
];

/** Of 1,000 enterprises about so many percent have given a grant; the others are registered, some asked. */
const GRANTING_PERCENT = 72;
const ASKED_PERCENT = 40;

const LAST_STATE_DAY = 75;
const REGISTRATION_MINUTES = 1_200;

/** Items that the population's letters leave out: personal, exploratory, self-reported, fed back, or withdrawn in these 90 days. */
const LEFT_OUT = ['REG-04B', 'OPS-01', 'SELF-01', 'FIN-01', 'PRO-02', 'IP-02', 'REG-05'];

const PURPOSE_SHARES: readonly Weighted<{ readonly template: string; readonly purpose: Purpose }>[] = [
  { value: { template: 'EVALUATION', purpose: 'EVALUATION' }, weight: 34 },
  { value: { template: 'EVALUATION', purpose: 'RISK_MONITORING' }, weight: 12 },
  { value: { template: 'FIRST-LOAN', purpose: 'PRE_LOAN' }, weight: 36 },
  { value: { template: 'POST-LOAN', purpose: 'POST_LOAN' }, weight: 18 },
];

/** Stories, every denial, and the lives of the population's grants; the same seed and start give the same scenario. */
export function makeScenario(seed: number, startAt: Instant, enterprises: readonly DemonstrationEnterprise[]): Scenario {
  const random = new SeededRandom(seed, 'scenario');
  const reserved = enterprises.slice(0, RESERVED_ENTERPRISES);
  const population = enterprises.slice(RESERVED_ENTERPRISES);
  const companies = ordinaryCompanies(reserved);
  const stories = makeStories(startAt);
  const inStories = new Set(stories.flatMap((story) => story.enterprises));
  const steps: Step[] = [
    ...enterprises.filter((one) => !inStories.has(one.slug)).map((one, index): Step => ({ day: 0, minute: 60 + (index % REGISTRATION_MINUTES), verb: 'REGISTER', enterprise: one.slug })),
    ...stories.flatMap((story) => story.steps),
    ...denialSteps(companies),
    ...sensitiveSteps(companies.slice(-2)),
    ...stateChanges(enterprises),
    ...otherBases(random.stream('bases'), population),
  ];
  const fates: Record<string, GrantFate> = {};
  for (const enterprise of population) {
    const life = lifeOf(random.stream(enterprise.slug), enterprise);
    steps.push(...life.steps);
    if (life.fate !== undefined) fates[life.fate.grant] = life.fate.state;
  }
  return { steps: inOrder(steps), fates };
}

/** Companies of 秦信融 whose legal representative signs alone and stays, from the reserved ones behind the cast. */
function ordinaryCompanies(reserved: readonly DemonstrationEnterprise[]): readonly DemonstrationEnterprise[] {
  return reserved.slice(20).filter(({ profile, platforms, isPartnership, nextRepresentative }) => {
    const ordinary = profile.kind === 'COMPANY' && !isPartnership && nextRepresentative === undefined;
    return ordinary && platforms.length === 1 && platforms[0] === 'qinxinrong';
  });
}

/** What registry and courts show: states of the cast, and new legal representatives where one is planned. Denials bring two states themselves. */
function stateChanges(enterprises: readonly DemonstrationEnterprise[]): readonly Step[] {
  const changed = enterprises.slice(12, 20).filter(({ profile }) => profile.state !== 'OPERATING');
  const states = changed.map((one, index): Step => ({ day: 40 + index, minute: 480, verb: 'ENTERPRISE_STATE', enterprise: one.slug, to: one.profile.state }));
  const successions = enterprises.filter((one) => one.nextRepresentative !== undefined && one.slug !== enterpriseSlug(3));
  return [...states, ...successions.map((one, index): Step => ({ day: 60, minute: 480 + index, verb: 'CHANGE_REPRESENTATIVE', enterprise: one.slug }))];
}

/** Releases that need no grant: public information, an enterprise's own, and queries by law. */
function otherBases(random: SeededRandom, population: readonly DemonstrationEnterprise[]): readonly Step[] {
  const make = (index: number, basis: ReleaseAsk['basis'], parties: (slug: string) => Pick<ReleaseAsk, 'requester' | 'recipient'>, code: string): Step => {
    const slug = random.pick(population).slug;
    const granularity: Granularity = basis === 'PUBLIC' ? 'RAW' : 'SUMMARY';
    const ask: ReleaseAsk = { enterprise: slug, ...parties(slug), basis, purpose: basis === 'STATUTORY' ? 'DISPUTE_RESOLUTION' : 'EVALUATION', items: [{ code, granularity }] };
    return { day: random.integer(5, 88), minute: random.integer(480, 1_080), verb: 'RELEASE', release: `${basis.toLowerCase()}-${index}`, ask };
  };
  const banks = organisationsOf('recipient').filter((recipient) => recipient.memberOf.includes('qinxinrong'));
  return [
    ...Array.from({ length: 60 }, (_, index) => make(index + 1, 'PUBLIC', () => ({ requester: 'qinxinrong', recipient: random.pick(banks).id }), random.pick(['REG-01', 'ADM-01', 'ADM-02', 'IP-01']))),
    ...Array.from({ length: 40 }, (_, index) => make(index + 1, 'SELF', (slug) => ({ requester: slug, recipient: slug }), random.pick(['TAX-03', 'UTL-01', 'SOC-02']))),
    ...Array.from({ length: 3 }, (_, index) => make(index + 1, 'STATUTORY', () => ({ requester: 'example-court', recipient: 'example-court' }), 'TAX-03')),
  ];
}

interface Life {
  readonly steps: readonly Step[];
  readonly fate?: { readonly grant: string; readonly state: GrantFate };
}

function lifeOf(random: SeededRandom, enterprise: DemonstrationEnterprise): Life {
  if (enterprise.platforms.length !== 1 || enterprise.platforms[0] === 'lanchuan-platform' || enterprise.nextRepresentative !== undefined) return { steps: [] };
  if (random.chance(GRANTING_PERCENT)) return grantLife(random, enterprise);
  return random.chance(ASKED_PERCENT) ? { steps: requestSteps(random, enterprise) } : { steps: [] };
}

function grantLife(random: SeededRandom, enterprise: DemonstrationEnterprise): Life {
  const state = random.pickWeighted(FATE_SHARES);
  const day = random.integer(2, 50);
  const minute = random.integer(540, 1_020);
  const letter = drawLetter(random, enterprise, state, day);
  const signedBy: readonly KeyCapacity[] = [registryCapacityOf(enterprise.profile.kind, enterprise.isPartnership)];
  const steps: Step[] = [...loanSteps(random, letter, day, minute), { day, minute, verb: 'GRANT', letters: [letter], signedBy }];
  const releases = letter.oneTime && state !== 'INAPPLICABLE' ? 0 : random.integer(1, 2);
  const releaseDays = Array.from({ length: letter.oneTime ? Math.min(1, releases) : releases }, (_, index) => day + 1 + index * 2);
  for (const [index, on] of releaseDays.entries()) {
    steps.push({ day: on, minute: random.integer(540, 1_020), verb: 'RELEASE', release: `${letter.grant}-release-${index + 1}`, ask: askUnder(random, letter) });
  }
  steps.push(...endingSteps(random, letter, state, signedBy, day + 6));
  return { steps, fate: { grant: letter.grant, state } };
}

function drawLetter(random: SeededRandom, enterprise: DemonstrationEnterprise, state: GrantFate, day: number): LetterPlan {
  const platform = enterprise.platforms[0] ?? 'qinxinrong';
  const { template, purpose } = drawPurpose(random, state);
  const isLoan = purpose === 'PRE_LOAN' || purpose === 'POST_LOAN';
  const oneTime = state === 'INAPPLICABLE' ? !isLoan : state === 'ACTIVE' && random.chance(12);
  const grant = `${enterprise.slug}-grant`;
  return {
    grant,
    enterprise: enterprise.slug,
    template,
    purpose,
    platform,
    recipient: drawRecipient(random, enterprise, platform, purpose, state),
    items: drawItems(random, enterprise, template, purpose),
    ...(isLoan ? { loan: `${grant}-loan` } : {}),
    oneTime,
    ...(oneTime ? {} : { frequency: { times: 2, per: 'MONTH' as const } }),
    ...(random.chance(30) ? { rangeMonthsBack: { from: 24, to: 1 } } : {}),
    retentionDays: random.pick([30, 60, 90]),
    untilDay: state === 'EXPIRED' ? day + random.integer(10, 29) : untilDayOf(random, purpose, day),
  };
}

/** Risk monitoring never ends by one use: who is to become inapplicable evaluates or borrows instead. */
function drawPurpose(random: SeededRandom, state: GrantFate): { readonly template: string; readonly purpose: Purpose } {
  const drawn = random.pickWeighted(PURPOSE_SHARES);
  return state === 'INAPPLICABLE' && drawn.purpose === 'RISK_MONITORING' ? { template: 'EVALUATION', purpose: 'EVALUATION' } : drawn;
}

/** A named institution; any admitted one in half of the short evaluations that may leave it open. */
function drawRecipient(random: SeededRandom, { profile }: DemonstrationEnterprise, platform: string, purpose: Purpose, state: GrantFate): string {
  const isLoan = purpose === 'PRE_LOAN' || purpose === 'POST_LOAN';
  const institutions = organisationsOf('recipient').filter((one) => one.memberOf.includes(platform) && (!isLoan || one.kind === 'BANK'));
  const mayBeAny = purpose === 'EVALUATION' && profile.kind !== 'INDIVIDUAL_BUSINESS' && state === 'EXPIRED';
  return mayBeAny && random.chance(50) ? 'ANY' : random.pick(institutions).id;
}

/** An end behind the last day: 90 days is the longest that pre-loan letters may have. */
function untilDayOf(random: SeededRandom, purpose: Purpose, day: number): number {
  return purpose === 'PRE_LOAN' ? Math.max(91, day + random.integer(60, 88)) : day + random.integer(100, 330);
}

function drawItems(random: SeededRandom, enterprise: DemonstrationEnterprise, template: string, purpose: Purpose): readonly PlannedItem[] {
  const signatory = registryCapacityOf(enterprise.profile.kind, enterprise.isPartnership);
  const isStrong = enterprise.keyPlan.some((key) => key.capacity === signatory && (key.means === 'CERTIFICATE' || key.means === 'DEVICE_PASSKEY'));
  const allowed: readonly Granularity[] = isStrong && purpose !== 'RISK_MONITORING' ? ['ANSWER', 'SCORE', 'SUMMARY'] : ['ANSWER', 'SCORE'];
  const onlySimple: readonly Granularity[] = purpose === 'EVALUATION' ? ['ANSWER', 'SCORE'] : allowed;
  const open = templateOf(template).items.filter(({ code }) => !LEFT_OUT.includes(code) && suits(enterprise, code));
  return random
    .shuffled(open)
    .slice(0, random.integer(2, 4))
    .map(({ code, granularities }) => ({ code, granularity: random.pick(granularities.filter((one) => onlySimple.includes(one))) }));
}

/** Farming information of farms, customs information of exporters, research of high-tech firms: nobody is asked for what can't exist. */
function suits({ profile }: DemonstrationEnterprise, code: string): boolean {
  const item = catalogueItemOf(code);
  if (item.code.startsWith('AGR')) return profile.industry.startsWith('A');
  if (item.code.startsWith('CUS')) return profile.isExporter;
  return !item.code.startsWith('TEC') || profile.isHighTech;
}

function askUnder(random: SeededRandom, letter: LetterPlan): ReleaseAsk {
  const banks = organisationsOf('recipient').filter((one) => one.memberOf.includes(letter.platform));
  return {
    enterprise: letter.enterprise,
    requester: letter.platform,
    recipient: letter.recipient === 'ANY' ? random.pick(banks).id : letter.recipient,
    basis: 'GRANT',
    purpose: letter.purpose,
    items: letter.items.map(({ code, granularity }) => ({ code, granularity })),
    grant: letter.grant,
    ...(letter.loan === undefined ? {} : { loan: letter.loan }),
    ...(letter.rangeMonthsBack === undefined ? {} : { rangeMonthsBack: letter.rangeMonthsBack }),
  };
}

/** The loan behind a letter: applied for, and for post-loan management approved and drawn before the first release. Amounts 5–500 万元. */
function loanSteps(random: SeededRandom, letter: LetterPlan, day: number, minute: number): readonly Step[] {
  if (letter.loan === undefined) return [];
  const amountFen = random.integer(1, 100) * 5_000_000;
  const step = (to: LoanState, on: number, at: number): Step => loanStep(letter, to, on, at, amountFen);
  const applied = step('APPLIED', day, minute - 60);
  if (letter.purpose === 'PRE_LOAN') return [applied];
  return [applied, step('APPROVED', day, minute - 30), step('DRAWN', day, minute + 30)];
}

function loanStep(letter: LetterPlan, to: LoanState, day: number, minute: number, amountFen?: number): Step {
  const { loan = '', enterprise, recipient, platform } = letter;
  return { day, minute, verb: 'LOAN', loan, enterprise, recipient, platform, product: 'WORKING-CAPITAL', to, ...(amountFen === undefined ? {} : { amountFen }) };
}

function endingSteps(random: SeededRandom, letter: LetterPlan, state: GrantFate, signedBy: readonly KeyCapacity[], earliest: number): readonly Step[] {
  const day = random.integer(earliest, LAST_STATE_DAY);
  const minute = random.integer(540, 1_000);
  const { enterprise, grant } = letter;
  const deny = (reason: 'grant-revoked' | 'grant-suspended' | 'grant-superseded' | 'grant-expired' | 'loan-closed', on: number): readonly Step[] =>
    random.chance(30) ? [{ day: on, minute, verb: 'DENY', ask: askUnder(random, letter), reason }] : [];
  if (state === 'REVOKED') return [{ day, minute, verb: 'REVOKE', enterprise, grant, signedBy, reason: 'no-longer-needed' }, ...deny('grant-revoked', day + 1)];
  if (state === 'SUSPENDED') return [{ day, minute, verb: 'SUSPEND', enterprise, grant, signedBy, reason: 'under-review' }, ...deny('grant-suspended', day + 1)];
  if (state === 'SUPERSEDED') {
    const newer: LetterPlan = { ...letter, grant: `${grant}-newer`, supersedes: grant, items: letter.items.slice(0, 1), untilDay: day + 60 };
    return [{ day, minute, verb: 'GRANT', letters: [newer], signedBy }, ...deny('grant-superseded', day + 1)];
  }
  if (state === 'EXPIRED') return deny('grant-expired', letter.untilDay + 1);
  if (state !== 'INAPPLICABLE' || letter.loan === undefined) return [];
  return [loanStep(letter, letter.purpose === 'PRE_LOAN' ? 'REFUSED' : 'SETTLED', day, minute), ...deny('loan-closed', day + 1)];
}

/** A platform asks: pending on the last day, lapsed before it, or declined. */
function requestSteps(random: SeededRandom, enterprise: DemonstrationEnterprise): readonly Step[] {
  const platform = enterprise.platforms[0] ?? 'qinxinrong';
  const institutions = organisationsOf('recipient').filter((one) => one.memberOf.includes(platform));
  const ending = random.pickWeighted([{ value: 'PENDING', weight: 50 }, { value: 'LAPSED', weight: 25 }, { value: 'DECLINED', weight: 25 }] as const);
  const day = ending === 'PENDING' ? random.integer(80, 88) : random.integer(20, 60);
  const request = `${enterprise.slug}-request`;
  const minute = random.integer(540, 1_020);
  const items = drawItems(random, enterprise, 'EVALUATION', 'EVALUATION');
  const asked: Step = { day, minute, verb: 'REQUEST', request, enterprise: enterprise.slug, platform, recipient: random.pick(institutions).id, template: 'EVALUATION', purpose: 'EVALUATION', items, untilDay: day + 15 };
  return ending === 'DECLINED' ? [asked, { day: day + 3, minute, verb: 'DECLINE', request, enterprise: enterprise.slug }] : [asked];
}
