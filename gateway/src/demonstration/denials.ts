import type { DenyReason, Frequency, KeyCapacity, LoanState, Purpose } from '@kesu/chaincode/domain';
import type { DemonstrationEnterprise } from './enterprises';
import type { LetterPlan, PlannedItem, ReleaseAsk, Step, StepAction } from './step';

const PLATFORM = 'qinxinrong';
const BANK = 'example-rural-commercial-bank';
const OTHER_BANK = 'example-city-bank';
const SIGNED_BY: readonly KeyCapacity[] = ['LEGAL_REPRESENTATIVE'];
const TWICE_A_MONTH: Frequency = { times: 2, per: 'MONTH' };

/** How the demonstration produces each reason for a denial, in a sentence. The type keeps the list complete. */
export const DENIALS: Readonly<Record<DenyReason, string>> = {
  'no-grant': 'a bank asks about a company that gave it no grant',
  'grant-revoked': 'a release is asked for the day after the company revoked',
  'grant-superseded': 'the request names a grant that a newer letter replaced',
  'grant-suspended': 'a release is asked for while the company has suspended the grant',
  'grant-not-yet-valid': 'the letter begins on day 40, the request comes on day 30',
  'grant-expired': 'the letter ended the day before',
  'grant-inapplicable': 'enterprise-0010, an individual business, became the company enterprise-0011; the old reference has a successor',
  'enterprise-not-active': "enterprise-0012's licence was revoked the day before; the purpose is evaluation",
  'recipient-not-covered': 'another bank asks under a grant that names the first',
  'recipient-must-be-named': 'a grant to any admitted institution is used to ask for a summary',
  'personal-consent-missing': 'identity documents are asked for without the person having signed',
  'item-not-covered': 'financial statements are asked for, the letter names tax declarations',
  'granularity-not-covered': 'an answer is asked for, the letter names a score',
  'raw-forbidden': 'raw records were granted and approved by the provider, but the policy keeps gate C closed for RE-01',
  'purpose-not-covered': 'approval is asked for under a letter for pre-loan enquiry',
  'loan-reference-missing': 'the request names no loan',
  'loan-closed': 'the bank has refused the application',
  'range-not-covered': 'two years are asked for, the letter covers one',
  'frequency-exceeded': 'the second request of a month under a letter for one a month',
  'already-used': 'a one-time letter is used a second time',
  'route-not-allowed': 'enterprise-0019: a platform that connects through Qinxinrong asks the node directly',
  'basis-not-allowed': 'tax declarations are asked for as if they were public',
  'participant-not-admitted': 'story platform-merged: the Weichuan platform is suspended, later gone',
  'assessment-expired': 'enterprise-0018: the authorization assessment of the Lanchuan platform ended on day 70',
  'item-withdrawn': 'IP-02 was withdrawn from the catalogue on day 80',
  'template-withdrawn': 'OPERATING-INFORMATION was withdrawn on day 84, for existing grants too',
  'source-not-accepted': 'the batch of PRO-02 was withdrawn on day 50',
};

/** The day on which the Lanchuan platform's authorization assessment ends. */
export const LANCHUAN_ASSESSMENT_ENDS_DAY = 70;

/** What the node and providers do in the scenario: batches come and go, an item and a template are withdrawn. */
export const NODE_STEPS: readonly Step[] = [
  { day: 0, minute: 0, verb: 'BATCH', batch: 'REG-05-first', item: 'REG-05', to: 'ACCEPTED' },
  { day: 0, minute: 0, verb: 'BATCH', batch: 'PRO-02-first', item: 'PRO-02', to: 'ACCEPTED' },
  { day: 50, minute: 0, verb: 'BATCH', batch: 'PRO-02-first', item: 'PRO-02', to: 'WITHDRAWN' },
  { day: 80, minute: 0, verb: 'WITHDRAW_ITEM', item: 'IP-02' },
  { day: 84, minute: 0, verb: 'WITHDRAW_TEMPLATE', template: 'OPERATING-INFORMATION', forExisting: true },
];

interface Case {
  readonly reason: DenyReason;
  readonly enterprise: string;
  readonly template: string;
  readonly purpose: Purpose;
  readonly items: readonly PlannedItem[];
  readonly letter?: Partial<LetterPlan>;
  /** A loan that is refused the day before the denial. */
  readonly loanTo?: LoanState;
  readonly between?: readonly StepAction[];
  /** A release that succeeds a few minutes before the denial. */
  readonly releaseFirst?: true;
  readonly ask?: Partial<ReleaseAsk>;
  readonly withoutLoan?: true;
  readonly signedBy?: readonly KeyCapacity[];
  readonly grantDay?: number;
  readonly denyDay?: number;
}

const LOAN_PURPOSES: readonly Purpose[] = ['PRE_LOAN', 'APPROVAL', 'POST_LOAN'];
const PRE_LOAN = { template: 'FIRST-LOAN', purpose: 'PRE_LOAN', items: [{ code: 'TAX-02', granularity: 'SCORE' }, { code: 'TAX-03', granularity: 'SUMMARY' }] } as const;
const APPROVAL = { template: 'LOAN-APPROVAL', purpose: 'APPROVAL', items: [{ code: 'TAX-04', granularity: 'SUMMARY' }] } as const;
const EVALUATION = { template: 'EVALUATION', purpose: 'EVALUATION', items: [{ code: 'TAX-02', granularity: 'SCORE' }] } as const;

/** The name of a denial's grant. */
function grantName(reason: DenyReason): string {
  return `denial-${reason}`;
}

function letterOf(denial: Case): LetterPlan {
  const grant = grantName(denial.reason);
  return {
    grant,
    enterprise: denial.enterprise,
    template: denial.template,
    purpose: denial.purpose,
    platform: PLATFORM,
    recipient: BANK,
    items: denial.items,
    ...(LOAN_PURPOSES.includes(denial.purpose) ? { loan: `${grant}-loan` } : {}),
    oneTime: false,
    ...(denial.letter?.oneTime === true ? {} : { frequency: TWICE_A_MONTH }),
    retentionDays: 60,
    untilDay: 60,
    ...denial.letter,
  };
}

function askOf(denial: Case, letter: LetterPlan): ReleaseAsk {
  return {
    enterprise: letter.enterprise,
    requester: letter.platform,
    recipient: letter.recipient === 'ANY' ? BANK : letter.recipient,
    basis: 'GRANT',
    purpose: letter.purpose,
    items: letter.items.map(({ code, granularity }) => ({ code, granularity })),
    grant: letter.grant,
    ...(letter.loan === undefined || denial.withoutLoan === true ? {} : { loan: letter.loan }),
    ...denial.ask,
  };
}

function stepsOf(denial: Case): readonly Step[] {
  const letter = letterOf(denial);
  const ask = askOf(denial, letter);
  const grantDay = denial.grantDay ?? 20;
  const denyDay = denial.denyDay ?? 30;
  const loanStep = (to: LoanState, day: number, minute: number): readonly Step[] =>
    letter.loan === undefined
      ? []
      : [{ day, minute, verb: 'LOAN', loan: letter.loan, enterprise: letter.enterprise, recipient: letter.recipient, platform: letter.platform, product: 'WORKING-CAPITAL', to, amountFen: 50_000_000 }];
  return [
    ...loanStep('APPLIED', grantDay, 560),
    { day: grantDay, minute: 600, verb: 'GRANT', letters: [letter], signedBy: denial.signedBy ?? SIGNED_BY },
    ...(denial.between ?? []).map((action, index) => ({ day: denyDay - 1, minute: 600 + index, ...action })),
    ...(denial.loanTo === undefined ? [] : loanStep(denial.loanTo, denyDay - 1, 660)),
    ...(denial.releaseFirst === true ? [{ day: denyDay, minute: 595, verb: 'RELEASE' as const, release: `${letter.grant}-release`, ask }] : []),
    { day: denyDay, minute: 600, verb: 'DENY', ask, reason: denial.reason },
  ];
}

function transition(verb: 'REVOKE' | 'SUSPEND', reason: DenyReason, enterprise: string): StepAction {
  return { verb, enterprise, grant: grantName(reason), signedBy: SIGNED_BY, reason: 'no-longer-needed' };
}

function replacement(enterprise: string): StepAction {
  const letter = letterOf({ ...PRE_LOAN, reason: 'grant-superseded', enterprise });
  return { verb: 'GRANT', letters: [{ ...letter, grant: 'denial-grant-superseded-newer', supersedes: letter.grant, untilDay: 70 }], signedBy: SIGNED_BY };
}

function grantStateCases(next: () => string): readonly Case[] {
  const [revoked, suspended, superseded] = [next(), next(), next()];
  return [
    { ...PRE_LOAN, reason: 'grant-revoked', enterprise: revoked, between: [transition('REVOKE', 'grant-revoked', revoked)] },
    { ...PRE_LOAN, reason: 'grant-suspended', enterprise: suspended, between: [transition('SUSPEND', 'grant-suspended', suspended)] },
    { ...PRE_LOAN, reason: 'grant-superseded', enterprise: superseded, between: [replacement(superseded)] },
    { ...PRE_LOAN, reason: 'grant-not-yet-valid', enterprise: next(), letter: { fromDay: 40 } },
    { ...PRE_LOAN, reason: 'grant-expired', enterprise: next(), letter: { untilDay: 29 } },
    {
      ...EVALUATION,
      reason: 'grant-inapplicable',
      enterprise: 'enterprise-0010',
      signedBy: ['OPERATOR'],
      between: [
        { verb: 'SUCCEED', enterprise: 'enterprise-0010', successor: 'enterprise-0011' },
        { verb: 'ENTERPRISE_STATE', enterprise: 'enterprise-0010', to: 'DEREGISTERED' },
      ],
    },
    { ...EVALUATION, reason: 'enterprise-not-active', enterprise: 'enterprise-0012', between: [{ verb: 'ENTERPRISE_STATE', enterprise: 'enterprise-0012', to: 'LICENCE_REVOKED' }] },
  ];
}

function coverageCases(next: () => string): readonly Case[] {
  return [
    { ...EVALUATION, reason: 'recipient-not-covered', enterprise: next(), ask: { recipient: OTHER_BANK } },
    { ...EVALUATION, reason: 'recipient-must-be-named', enterprise: next(), letter: { recipient: 'ANY', untilDay: 45 }, ask: { items: [{ code: 'TAX-02', granularity: 'SUMMARY' }] } },
    { ...APPROVAL, reason: 'personal-consent-missing', enterprise: next(), ask: { items: [{ code: 'REG-04B', granularity: 'ANSWER' }] } },
    { ...PRE_LOAN, reason: 'item-not-covered', enterprise: next(), ask: { items: [{ code: 'TAX-04', granularity: 'SUMMARY' }] } },
    { ...PRE_LOAN, reason: 'granularity-not-covered', enterprise: next(), ask: { items: [{ code: 'TAX-02', granularity: 'ANSWER' }] } },
    { ...APPROVAL, reason: 'raw-forbidden', enterprise: next(), items: [{ code: 'RE-01', granularity: 'RAW', separateConsent: true }] },
    { ...PRE_LOAN, reason: 'purpose-not-covered', enterprise: next(), ask: { purpose: 'APPROVAL' } },
    { ...PRE_LOAN, reason: 'loan-reference-missing', enterprise: next(), withoutLoan: true },
    { ...PRE_LOAN, reason: 'loan-closed', enterprise: next(), loanTo: 'REFUSED' },
  ];
}

function limitAndPartyCases(next: () => string): readonly Case[] {
  return [
    { ...PRE_LOAN, reason: 'range-not-covered', enterprise: next(), letter: { rangeMonthsBack: { from: 12, to: 1 } }, ask: { rangeMonthsBack: { from: 24, to: 1 } } },
    { ...PRE_LOAN, reason: 'frequency-exceeded', enterprise: next(), letter: { frequency: { times: 1, per: 'MONTH' } }, releaseFirst: true },
    { ...PRE_LOAN, reason: 'already-used', enterprise: next(), letter: { oneTime: true }, releaseFirst: true },
    { ...EVALUATION, reason: 'route-not-allowed', enterprise: 'enterprise-0019', letter: { platform: 'qinping-platform', conduit: PLATFORM, recipient: 'qinping-example-village-bank' } },
    {
      ...EVALUATION,
      reason: 'assessment-expired',
      enterprise: 'enterprise-0018',
      letter: { platform: 'lanchuan-platform', recipient: 'lanchuan-example-village-bank', untilDay: 88 },
      grantDay: 40,
      denyDay: LANCHUAN_ASSESSMENT_ENDS_DAY + 1,
    },
    { ...EVALUATION, reason: 'item-withdrawn', enterprise: next(), items: [{ code: 'IP-02', granularity: 'SCORE' }], letter: { untilDay: 120 }, denyDay: 82 },
    {
      template: 'OPERATING-INFORMATION',
      purpose: 'PRE_LOAN',
      items: [{ code: 'OPS-01', granularity: 'SCORE', separateConsent: true }],
      reason: 'template-withdrawn',
      enterprise: next(),
      letter: { untilDay: 95, frequency: { times: 1, per: 'MONTH' } },
      grantDay: 60,
      denyDay: 85,
    },
    { ...APPROVAL, reason: 'source-not-accepted', enterprise: next(), items: [{ code: 'PRO-02', granularity: 'ANSWER' }], letter: { untilDay: 78 }, grantDay: 45, denyDay: 52 },
  ];
}

/**
 * The steps that produce every reason of {@link DENIALS}, `participant-not-admitted` apart, which a story produces.
 * @param companies ordinary companies of 秦信融, each used once; a denial that needs a rare enterprise names it itself.
 * @throws RangeError when there are too few of them.
 */
export function denialSteps(companies: readonly DemonstrationEnterprise[]): readonly Step[] {
  let used = 0;
  const next = (): string => {
    const company = companies[used++];
    if (company === undefined) throw new RangeError('too few companies for the denials');
    return company.slug;
  };
  const withoutGrant = (basis: ReleaseAsk['basis'], reason: DenyReason): Step => ({
    day: 30,
    minute: 600,
    verb: 'DENY',
    reason,
    ask: { enterprise: next(), requester: PLATFORM, recipient: BANK, basis, purpose: 'EVALUATION', items: [{ code: 'TAX-03', granularity: 'SCORE' }] },
  });
  const cases = [...grantStateCases(next), ...coverageCases(next), ...limitAndPartyCases(next)];
  return [...NODE_STEPS, withoutGrant('GRANT', 'no-grant'), withoutGrant('PUBLIC', 'basis-not-allowed'), ...cases.flatMap(stepsOf)];
}
