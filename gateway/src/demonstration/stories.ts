import { instantAfter, shanghaiDate, DAY_MILLIS, type DisputeState, type Instant, type KeyCapacity, type LoanState, type Purpose } from '@kesu/chaincode/domain';
import { DEMONSTRATION_DAYS, type CaseStage, type LetterPlan, type PlannedItem, type ReleaseAsk, type Step, type StepAction } from './step';

/** A step of a story with what a reader is told. */
export type StoryStep = Step & { readonly zh: string; readonly en: string };

/** A dated story, reachable from the start page. */
export interface Story {
  readonly id: string;
  readonly titleZh: string;
  readonly titleEn: string;
  readonly enterprises: readonly string[];
  readonly steps: readonly StoryStep[];
}

const QINXINRONG = 'qinxinrong';
const REPRESENTATIVE: readonly KeyCapacity[] = ['LEGAL_REPRESENTATIVE'];
const FIRST_LOAN_ITEMS: readonly PlannedItem[] = [
  { code: 'TAX-02', granularity: 'SCORE' },
  { code: 'TAX-03', granularity: 'SUMMARY' },
  { code: 'SOC-01', granularity: 'ANSWER' },
  { code: 'UTL-01', granularity: 'SCORE' },
];
const APPROVAL_ITEMS: readonly PlannedItem[] = [
  { code: 'TAX-04', granularity: 'SUMMARY' },
  { code: 'RE-01', granularity: 'ANSWER' },
  { code: 'JUD-03', granularity: 'ANSWER' },
];
const POST_LOAN_ITEMS: readonly PlannedItem[] = [
  { code: 'TAX-03', granularity: 'SCORE' },
  { code: 'UTL-01', granularity: 'SUMMARY' },
  { code: 'SOC-01', granularity: 'ANSWER' },
];
const EVALUATION_ITEMS: readonly PlannedItem[] = [
  { code: 'TAX-02', granularity: 'SCORE' },
  { code: 'SOC-01', granularity: 'ANSWER' },
];

function at(day: number, minute: number, zh: string, en: string, action: StepAction): StoryStep {
  return { day, minute, zh, en, ...action };
}

type Party = Pick<LetterPlan, 'enterprise' | 'platform' | 'recipient'>;

function letter(grant: string, party: Party, template: string, purpose: Purpose, items: readonly PlannedItem[], untilDay: number, rest: Partial<LetterPlan> = {}): LetterPlan {
  return { grant, ...party, template, purpose, items, untilDay, oneTime: false, frequency: { times: 2, per: 'MONTH' }, retentionDays: 90, ...rest };
}

/** The release that a letter lets its platform ask for. */
function askUnder(plan: LetterPlan): ReleaseAsk {
  const items = plan.items.map(({ code, granularity }) => ({ code, granularity }));
  return {
    enterprise: plan.enterprise,
    requester: plan.platform,
    recipient: plan.recipient,
    basis: 'GRANT',
    purpose: plan.purpose,
    items,
    grant: plan.grant,
    ...(plan.loan === undefined ? {} : { loan: plan.loan }),
  };
}

function loanStep(loan: string, party: Party, to: LoanState, amounts: { readonly amountFen?: number; readonly repaidFen?: number } = {}): StepAction {
  return { verb: 'LOAN', loan, ...party, product: 'FIRST-LOAN-CREDIT', to, ...amounts };
}

function wan(amount: number): number {
  return amount * 1_000_000;
}

function registration(enterprise: string, day: number): StoryStep {
  return at(day, 540, '企业在平台实名注册,省级节点确认签名密钥。', 'The enterprise registers with its platform; the node confirms its signing keys.', { verb: 'REGISTER', enterprise });
}

const FIVE_BANKS = ['example-rural-commercial-bank', 'example-city-bank', 'example-inclusive-bank', 'example-technology-bank', 'example-trade-bank'] as const;

function firstLoan(): Story {
  const enterprise = 'enterprise-0001';
  const parties = FIVE_BANKS.map((recipient) => ({ enterprise, platform: QINXINRONG, recipient }));
  const letters = parties.map((party, index) => letter(`first-loan-${index + 1}`, party, 'FIRST-LOAN', 'PRE_LOAN', FIRST_LOAN_ITEMS, 50, { loan: `first-loan-loan-${index + 1}` }));
  const [chosen, refusing, third, alsoRefusing, fifth] = parties as [Party, Party, Party, Party, Party];
  const [chosenLetter, refusedLetter] = letters as [LetterPlan, LetterPlan];
  const approval = letter('first-loan-approval', chosen, 'LOAN-APPROVAL', 'APPROVAL', APPROVAL_ITEMS, 40, { loan: 'first-loan-loan-1' });
  const postLoan = letter('first-loan-post', chosen, 'POST-LOAN', 'POST_LOAN', POST_LOAN_ITEMS, 390, { loan: 'first-loan-loan-1' });
  return {
    id: 'first-loan',
    titleZh: '首贷:五家银行、两次拒绝,授权自行终止',
    titleEn: 'A first loan: five banks, two refusals that end their grants by themselves',
    enterprises: [enterprise],
    steps: [
      registration(enterprise, 1),
      ...parties.map((party, index) => at(3, 560 + index, '向一家银行提出贷款申请。', 'Applies to a bank for a loan.', loanStep(`first-loan-loan-${index + 1}`, party, 'APPLIED', { amountFen: wan(200) }))),
      at(3, 600, '一次签署五份授权书,每家银行一份。', 'Signs five letters at once, one for each bank.', { verb: 'GRANT', letters, signedBy: REPRESENTATIVE }),
      ...letters.map((plan, index) => at(4, 540 + index * 7, '银行经秦信融取得授权范围内的信息。', 'A bank receives what its letter names, through Qinxinrong.', { verb: 'RELEASE', release: `first-loan-release-${index + 1}`, ask: askUnder(plan) })),
      at(7, 600, '第二家银行拒绝申请,对该行的授权随即终止。', 'The second bank refuses; the grant to it ends with that.', loanStep('first-loan-loan-2', refusing, 'REFUSED')),
      at(8, 600, '第四家银行拒绝申请。', 'The fourth bank refuses.', loanStep('first-loan-loan-4', alsoRefusing, 'REFUSED')),
      at(9, 570, '已拒绝的银行再次查询,不予提供。', 'The bank that refused asks again and gets nothing.', { verb: 'DENY', ask: askUnder(refusedLetter), reason: 'loan-closed' }),
      at(10, 560, '企业为第一家银行签署贷时审查授权书。', 'The enterprise signs a letter for approval by the first bank.', { verb: 'GRANT', letters: [approval], signedBy: REPRESENTATIVE }),
      at(10, 580, '第一家银行取得审查所需信息。', 'The first bank receives what approval needs.', { verb: 'RELEASE', release: 'first-loan-approval-release', ask: askUnder(approval) }),
      at(12, 600, '第一家银行批准贷款200万元。', 'The first bank approves 2 million yuan.', loanStep('first-loan-loan-1', chosen, 'APPROVED', { amountFen: wan(200) })),
      at(13, 600, '签署贷后管理授权书。', 'Signs the letter for post-loan management.', { verb: 'GRANT', letters: [postLoan], signedBy: REPRESENTATIVE }),
      at(14, 600, '放款。贷前与贷时授权终止。', 'The loan is drawn; the grants for enquiry and approval end.', loanStep('first-loan-loan-1', chosen, 'DRAWN', { amountFen: wan(200) })),
      at(14, 660, '企业撤回对第三家银行的申请。', 'The enterprise withdraws its application at the third bank.', loanStep('first-loan-loan-3', third, 'WITHDRAWN')),
      at(14, 661, '企业撤回对第五家银行的申请。', 'The enterprise withdraws its application at the fifth bank.', loanStep('first-loan-loan-5', fifth, 'WITHDRAWN')),
      at(15, 600, '放款后仍以贷前授权查询,不予提供。', 'After the draw the pre-loan grant permits nothing.', { verb: 'DENY', ask: askUnder(chosenLetter), reason: 'loan-closed' }),
      at(45, 600, '按期还款,银行开展贷后查询。', 'Repays in time; the bank looks after the loan.', { verb: 'RELEASE', release: 'first-loan-post-release', ask: askUnder(postLoan) }),
      at(46, 600, '银行反馈履约情况。', 'The bank reports how the loan is kept.', loanStep('first-loan-loan-1', chosen, 'NORMAL', { repaidFen: wan(20) })),
    ],
  };
}

function revocation(): Story {
  const enterprise = 'enterprise-0002';
  const party = { enterprise, platform: QINXINRONG, recipient: 'example-technology-bank' };
  const wide = letter('revocation-wide', party, 'EVALUATION', 'EVALUATION', EVALUATION_ITEMS, 200, { frequency: { times: 4, per: 'MONTH' } });
  const narrow = letter('revocation-narrow', party, 'EVALUATION', 'EVALUATION', EVALUATION_ITEMS.slice(0, 1), 80, { oneTime: true });
  return {
    id: 'revocation',
    titleZh: '提供前一日撤回授权',
    titleEn: 'A revocation the day before a release',
    enterprises: [enterprise],
    steps: [
      registration(enterprise, 2),
      at(20, 600, '企业授权银行定期查询。', 'The enterprise lets a bank ask from time to time.', { verb: 'GRANT', letters: [wide], signedBy: REPRESENTATIVE }),
      at(21, 600, '银行取得信息。', 'The bank receives information.', { verb: 'RELEASE', release: 'revocation-release-1', ask: askUnder(wide) }),
      at(33, 1_020, '企业撤回授权。', 'The enterprise withdraws the grant.', { verb: 'REVOKE', enterprise, grant: wide.grant, signedBy: REPRESENTATIVE, reason: 'no-longer-needed' }),
      at(34, 540, '次日核验:不予提供。', 'The check of the next day says no.', { verb: 'CHECK', ask: askUnder(wide), expect: 'grant-revoked' }),
      at(34, 545, '仍然请求,不予提供并留有记录。', 'Asked all the same: denied, and the denial is on record.', { verb: 'DENY', ask: askUnder(wide), reason: 'grant-revoked' }),
      at(40, 600, '企业改为一次性、单项授权。', 'The enterprise grants one item once instead.', { verb: 'GRANT', letters: [narrow], signedBy: REPRESENTATIVE }),
      at(41, 600, '银行取得该项信息。', 'The bank receives that item.', { verb: 'RELEASE', release: 'revocation-release-2', ask: askUnder(narrow) }),
    ],
  };
}

function cooperative(): Story {
  const enterprise = 'enterprise-0003';
  const party = { enterprise, platform: QINXINRONG, recipient: 'example-farming-bank' };
  const items: readonly PlannedItem[] = [{ code: 'AGR-02', granularity: 'SUMMARY' }, { code: 'TAX-02', granularity: 'SCORE' }];
  const plan = letter('cooperative-1', party, 'FIRST-LOAN', 'PRE_LOAN', items, 85, { loan: 'cooperative-loan' });
  const mandate = { verb: 'MANDATE', enterprise, mandate: 'cooperative-mandate', templates: ['FIRST-LOAN', 'EVALUATION'], longestPeriodDays: 90, untilDay: 180, signedBy: REPRESENTATIVE } as const;
  return {
    id: 'cooperative',
    titleZh: '合作社:经办人受托签署,法定代表人变更',
    titleEn: 'A cooperative: a handler signs under a mandate, the legal representative changes',
    enterprises: [enterprise],
    steps: [
      registration(enterprise, 2),
      at(6, 600, '法定代表人委托经办人签署。', 'The legal representative gives a handler a mandate.', { ...mandate, act: 'GIVE' }),
      at(9, 560, '提出购置冷库的贷款申请。', 'Applies for a loan to buy cold storage.', loanStep('cooperative-loan', party, 'APPLIED', { amountFen: wan(80) })),
      at(9, 600, '经办人依委托签署授权书。', 'The handler signs the letter under the mandate.', { verb: 'GRANT', letters: [plan], signedBy: ['HANDLER'] }),
      at(10, 600, '银行取得信息。', 'The bank receives information.', { verb: 'RELEASE', release: 'cooperative-release-1', ask: askUnder(plan) }),
      at(30, 600, '登记机关变更法定代表人,原法定代表人的密钥停止签名;授权仍然有效并告知新任。', 'The registry shows a new legal representative: the former keys stop signing, grants stay and are listed to the successor.', { verb: 'CHANGE_REPRESENTATIVE', enterprise }),
      at(34, 600, '新任法定代表人暂停授权。', 'The new legal representative suspends the grant.', { verb: 'SUSPEND', enterprise, grant: plan.grant, signedBy: REPRESENTATIVE, reason: 'under-review' }),
      at(35, 600, '暂停期间不予提供。', 'While it is suspended nothing is provided.', { verb: 'DENY', ask: askUnder(plan), reason: 'grant-suspended' }),
      at(37, 600, '审阅后恢复授权。', 'After reading it, resumes the grant.', { verb: 'RESUME', enterprise, grant: plan.grant, signedBy: REPRESENTATIVE, reason: 'reviewed' }),
      at(38, 600, '银行再次取得信息。', 'The bank receives information again.', { verb: 'RELEASE', release: 'cooperative-release-2', ask: askUnder(plan) }),
      at(42, 600, '新任法定代表人撤回委托。', 'The new legal representative ends the mandate.', { ...mandate, act: 'REVOKE' }),
    ],
  };
}

function wrongTaxRow(holiday: number): Story {
  const enterprise = 'enterprise-0004';
  const signedBy: readonly KeyCapacity[] = ['OPERATOR'];
  const letters = (['example-rural-commercial-bank', 'example-city-bank', 'example-inclusive-bank'] as const).map((recipient, index) =>
    letter(`tax-row-${index + 1}`, { enterprise, platform: QINXINRONG, recipient }, 'EVALUATION', 'EVALUATION', [{ code: 'TAX-03', granularity: 'SCORE' }], holiday + 120, { frequency: { times: 4, per: 'MONTH' } }),
  );
  const releases = (day: number, round: number, zh: string, en: string): StoryStep[] =>
    letters.map((plan, index) => at(day, 600 + index * 5, zh, en, { verb: 'RELEASE', release: `tax-row-release-${round}-${index + 1}`, ask: askUnder(plan) }));
  const dispute = (to: DisputeState): StepAction => ({ verb: 'DISPUTE', dispute: 'tax-row-dispute', enterprise, platform: QINXINRONG, item: 'TAX-03', to });
  return {
    id: 'wrong-tax-row',
    titleZh: '个体工商户:一条错误的纳税记录,跨国庆假期异议,三家银行更正',
    titleEn: 'An individual business: a wrong tax row, disputed over the National Day holiday, corrected at three banks',
    enterprises: [enterprise],
    steps: [
      registration(enterprise, 2),
      at(holiday - 6, 560, '经营者向三家银行分别授权。', 'The operator authorizes three banks, each by name.', { verb: 'GRANT', letters, signedBy }),
      ...releases(holiday - 4, 1, '银行取得评价,其中一条纳税记录有误。', 'A bank receives a score made with a wrong tax row.'),
      at(holiday - 1, 1_000, '经营者提出异议,自此标注异议。', 'The operator files a dispute; from here the item carries a mark.', dispute('FILED')),
      ...releases(holiday + 2, 2, '假期内的提供附有异议标注。', 'A release in the holiday carries the mark.'),
      at(holiday + 7, 560, '假期后首个工作日转交省级节点,未超2个工作日。', 'Forwarded on the first working day after the holiday: within 2 working days.', dispute('FORWARDED')),
      at(holiday + 8, 560, '税务部门核查。', 'The tax service reviews it.', dispute('UNDER_REVIEW')),
      at(holiday + 18, 560, '更正,标注取消。', 'Corrected; the mark is cancelled.', dispute('CORRECTED')),
      at(holiday + 19, 560, '书面答复。', 'Answered in writing.', dispute('ANSWERED')),
      ...releases(holiday + 20, 3, '银行取得更正后的信息。', 'A bank receives the corrected information.'),
      at(holiday + 21, 560, '异议办结。', 'The dispute is closed.', dispute('CLOSED')),
    ],
  };
}

const DEFAULTED_AT = { platform: 'jinglan-platform', recipient: 'jinglan-example-rural-bank' };

function caseStep(prefix: string, enterprise: string, to: CaseStage): StepAction {
  return { verb: 'CASE', case: prefix, enterprise, ...DEFAULTED_AT, loan: `${prefix}-loan`, to };
}

/** A loan that is signed with enforceable notarization in view, drawn, and falls overdue. */
function defaultedLoan(prefix: string, enterprise: string, day: number): readonly StoryStep[] {
  const party = { enterprise, ...DEFAULTED_AT };
  const loan = `${prefix}-loan`;
  const approval = letter(`${prefix}-approval`, party, 'LOAN-APPROVAL', 'APPROVAL', APPROVAL_ITEMS, day + 30, { loan });
  const postLoan = letter(`${prefix}-post`, party, 'POST-LOAN', 'POST_LOAN', POST_LOAN_ITEMS, day + 500, { loan });
  return [
    registration(enterprise, day),
    at(day + 1, 560, '申请贷款300万元。', 'Applies for 3 million yuan.', loanStep(loan, party, 'APPLIED', { amountFen: wan(300) })),
    at(day + 1, 600, '签署贷时审查授权书。', 'Signs the letter for approval.', { verb: 'GRANT', letters: [approval], signedBy: REPRESENTATIVE }),
    at(day + 2, 600, '银行取得审查信息。', 'The bank receives what approval needs.', { verb: 'RELEASE', release: `${prefix}-release-1`, ask: askUnder(approval) }),
    at(day + 4, 600, '批准。', 'Approved.', loanStep(loan, party, 'APPROVED', { amountFen: wan(300) })),
    at(day + 5, 600, '签署贷后管理授权书。', 'Signs the letter for post-loan management.', { verb: 'GRANT', letters: [postLoan], signedBy: REPRESENTATIVE }),
    at(day + 5, 660, '借款合同办理赋强公证:申请、受理、出具公证书。', 'The loan contract is made enforceable: application, acceptance, notarial deed.', caseStep(prefix, enterprise, 'NOTARIZED')),
    at(day + 6, 600, '放款。', 'Drawn.', loanStep(loan, party, 'DRAWN', { amountFen: wan(300) })),
    at(day + 36, 600, '首期正常还款。', 'The first repayment is made.', loanStep(loan, party, 'NORMAL', { repaidFen: wan(25) })),
    at(day + 66, 600, '逾期。', 'Overdue.', loanStep(loan, party, 'OVERDUE', { repaidFen: wan(25) })),
    at(day + 67, 600, '银行开展贷后查询,结果可作证据。', 'The bank looks after the loan; what it receives can serve as evidence.', { verb: 'RELEASE', release: `${prefix}-release-2`, ask: askUnder(postLoan) }),
    at(day + 70, 600, '银行申请执行证书。', 'The bank asks for an enforcement certificate.', caseStep(prefix, enterprise, 'ENFORCEMENT_REQUESTED')),
    at(day + 72, 600, '公证机构按约定方式核实。', 'The notary verifies in the way agreed.', caseStep(prefix, enterprise, 'VERIFYING')),
  ];
}

function enforcement(): Story {
  return {
    id: 'enforcement',
    titleZh: '违约:一笔出具执行证书,一笔公证机构不予出具',
    titleEn: 'A default that ends in an enforcement certificate, and its twin that the notary refused',
    enterprises: ['enterprise-0005', 'enterprise-0006'],
    steps: [
      ...defaultedLoan('enforcement', 'enterprise-0005', 3),
      at(80, 600, '出具执行证书。', 'The enforcement certificate is issued.', caseStep('enforcement', 'enterprise-0005', 'ENFORCEMENT_CERTIFIED')),
      at(83, 600, '向法院申请执行。', 'Enforcement is filed with the court.', caseStep('enforcement', 'enterprise-0005', 'ENFORCEMENT_FILED')),
      ...defaultedLoan('refused', 'enterprise-0006', 4),
      at(81, 600, '债务人提出已还款凭证,公证机构不予出具执行证书。', 'The debtor shows proof of payment; the notary refuses the certificate.', caseStep('refused', 'enterprise-0006', 'ENFORCEMENT_REFUSED')),
      at(82, 600, '转为诉讼。', 'It becomes a lawsuit.', caseStep('refused', 'enterprise-0006', 'LITIGATION')),
    ],
  };
}

function platformMerged(): Story {
  const enterprise = 'enterprise-0007';
  const bank = 'weichuan-example-rural-bank';
  const through = letter('merged-weichuan', { enterprise, platform: 'weichuan-platform', recipient: bank }, 'EVALUATION', 'EVALUATION', EVALUATION_ITEMS, 88, { conduit: QINXINRONG, frequency: { times: 4, per: 'MONTH' } });
  const after = letter('merged-after', { enterprise, platform: QINXINRONG, recipient: bank }, 'EVALUATION', 'EVALUATION', EVALUATION_ITEMS, 200);
  const brought: ReleaseAsk = { ...askUnder(through), requester: QINXINRONG, recipient: QINXINRONG };
  const passedOn: ReleaseAsk = { ...askUnder(through), sender: QINXINRONG, continues: 'merged-release-1' };
  return {
    id: 'platform-merged',
    titleZh: '渭川市平台:经秦信融对接、暂停、并入秦信融',
    titleEn: 'The platform of Weichuan (fictional): connected through Qinxinrong, suspended, merged into it',
    enterprises: [enterprise],
    steps: [
      registration(enterprise, 2),
      at(5, 600, '企业签署一份授权书:授权渭川平台的一家银行,经由秦信融。', 'The enterprise signs one letter: for a bank of the Weichuan platform, by way of Qinxinrong.', { verb: 'GRANT', letters: [through], signedBy: REPRESENTATIVE }),
      at(6, 540, '渭川平台未经秦信融直接请求,不予提供。', 'The Weichuan platform asks directly, not through Qinxinrong: denied.', { verb: 'DENY', ask: askUnder(through), reason: 'route-not-allowed' }),
      at(6, 600, '信息提供至秦信融,只供转送。', 'The information goes to Qinxinrong, to be passed on only.', { verb: 'RELEASE', release: 'merged-release-1', ask: brought }),
      at(6, 610, '秦信融原样转送,渭川平台的银行取得信息。', 'Qinxinrong passes it on unchanged; the bank of the Weichuan platform receives it.', { verb: 'RELEASE', release: 'merged-release-2', ask: passedOn }),
      at(30, 600, '渭川平台因安全事件被暂停。', 'The Weichuan platform is suspended over a security incident.', { verb: 'PARTICIPANT', participant: 'weichuan-platform', to: 'SUSPENDED' }),
      at(31, 600, '暂停期间一律不予提供。', 'While it is suspended it gets nothing.', { verb: 'DENY', ask: brought, reason: 'participant-not-admitted' }),
      at(45, 600, '整改后恢复。', 'Resumed after it was put right.', { verb: 'PARTICIPANT', participant: 'weichuan-platform', to: 'ADMITTED' }),
      at(60, 600, '渭川平台退出,并入秦信融;授权不随之转移。', 'The Weichuan platform exits and merges into Qinxinrong; grants do not move.', { verb: 'PARTICIPANT', participant: 'weichuan-platform', to: 'EXITED', successor: QINXINRONG }),
      at(61, 600, '旧授权不再可用。', 'The old grant permits nothing.', { verb: 'DENY', ask: brought, reason: 'participant-not-admitted' }),
      at(62, 600, '企业重新签署,由秦信融提供服务。', 'The enterprise signs anew with Qinxinrong.', { verb: 'GRANT', letters: [after], signedBy: REPRESENTATIVE }),
      at(63, 600, '银行取得信息。', 'The bank receives information.', { verb: 'RELEASE', release: 'merged-release-3', ask: askUnder(after) }),
    ],
  };
}

/**
 * The day on which the National Day holiday begins in Asia/Shanghai, counted from the start; day 40 when it lies outside, so that the story
 * keeps its length in any season.
 */
export function nationalDayOf(startAt: Instant): number {
  for (let day = 10; day <= DEMONSTRATION_DAYS - 25; day++) {
    if (shanghaiDate(instantAfter(startAt, day * DAY_MILLIS)).endsWith('-10-01')) return day;
  }
  return 40;
}

/** The six stories of the demonstration. @param startAt the instant of day 0, 90 days back. */
export function makeStories(startAt: Instant): readonly Story[] {
  return [firstLoan(), revocation(), cooperative(), wrongTaxRow(nationalDayOf(startAt)), enforcement(), platformMerged()];
}
