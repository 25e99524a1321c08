import type { Template } from '@kesu/chaincode/domain';
import { letterClauses, letterText, type LetterParticulars } from './letter-clauses';
import { requirementsOf } from './provider-requirements';

/** A template as the provincial node drafts it, before providers approve it. */
export type DemonstrationTemplate = Omit<Template, 'state' | 'approvals' | 'digest' | 'withdrawnForExisting'>;

type Terms = Pick<Template, 'purposes' | 'items' | 'longestPeriodDays' | 'longestRetentionDays' | 'highestFrequency' | 'authority'>;
type Offered = Template['items'][number]['granularities'][number];

/** A synced or browser key suffices for ANSWER and SCORE only (domain.md, SigningKey); raw records take a certificate or a key bound to a device. */
const MEANS: Template['means'] = {
  ANSWER: ['DEVICE_PASSKEY', 'SYNCED_PASSKEY', 'BROWSER_KEY', 'CERTIFICATE'],
  SCORE: ['DEVICE_PASSKEY', 'SYNCED_PASSKEY', 'BROWSER_KEY', 'CERTIFICATE'],
  SUMMARY: ['DEVICE_PASSKEY', 'CERTIFICATE'],
  RAW: ['DEVICE_PASSKEY', 'CERTIFICATE'],
};

const ALONE: Template['authority'] = [['LEGAL_REPRESENTATIVE'], ['OPERATOR'], ['MANAGING_PARTNER'], ['HANDLER']];

function offer(granularities: readonly Offered[], codes: readonly string[]): Terms['items'] {
  return codes.map((code) => ({ code, granularities: [...granularities] }));
}

function draft(id: string, titleZh: string, titleEn: string, terms: Terms, particulars: LetterParticulars): DemonstrationTemplate {
  const clauses = letterClauses(particulars);
  const meets = terms.items.flatMap(({ code }) =>
    requirementsOf(code).flatMap((requirement) => {
      const at = clauses.findIndex((clause) => clause.meets.some((met) => met === requirement.id));
      return at < 0 ? [] : [{ item: code, requirement: requirement.id, clause: String(at + 1) }];
    }),
  );
  return {
    id,
    version: 1,
    titleZh,
    titleEn,
    textZh: letterText(titleZh, clauses, 'zh'),
    textEn: letterText(titleEn, clauses, 'en'),
    ...terms,
    means: MEANS,
    meets,
  };
}

const FIRST_LOAN = draft(
  'FIRST-LOAN',
  '涉企信用信息共享应用授权书(首贷贷前调查)',
  'Authorization to share credit information (first loan, pre-loan enquiry)',
  {
    purposes: ['PRE_LOAN'],
    items: [
      ...offer(['ANSWER', 'SCORE'], ['TAX-02', 'SOC-01', 'HPF-01', 'JUD-03']),
      ...offer(['ANSWER', 'SCORE', 'SUMMARY'], ['TAX-03', 'TAX-04', 'SOC-02', 'UTL-01', 'UTL-02', 'FIN-01', 'AGR-02']),
      ...offer(['ANSWER', 'SUMMARY', 'RAW'], ['REG-05']),
    ],
    longestPeriodDays: 90,
    longestRetentionDays: 180,
    highestFrequency: { times: 4, per: 'MONTH' },
    authority: ALONE,
  },
  {
    use: {
      zh: '被授权人用以调查授权人的首次贷款申请、核实经营状况并确定是否受理,不用于其他产品的营销。',
      en: "The recipient uses it to enquire into the principal's first loan application, to confirm how it does business and to decide whether to take the application up; not to market other products.",
    },
    consequences: {
      zh: '提供的信息可能显示欠税、欠缴、涉诉等情况,被授权人据此可能不予受理、降低额度或者提高利率。不授权或者撤回授权的,被授权人可能因信息不足而改用其他方式调查,申请时间可能延长。',
      en: 'The information may show arrears or suits, and the recipient may then turn the application down, lower the amount or raise the rate. Without the authorization, or after withdrawal, the recipient may have to enquire by other means and the application may take longer.',
    },
    special: {
      heading: { zh: '多家机构同时申请', en: 'Applying to several institutions' },
      body: {
        zh: '授权人可在一个授权书组内向多家机构分别授权。每一机构、每一目的为一份独立的授权书,可以单独撤回、单独证明,任一机构无权查看其他授权书。被授权人拒绝贷款申请、授权人撤回申请或者贷款发放的,对该机构的授权即行终止。',
        en: 'The principal may authorize several institutions in one set of letters. Each institution and purpose has a letter of its own, which can be withdrawn and proved alone; none may see the others. When the recipient refuses the application, the principal withdraws it or the loan is drawn, the authorization of that recipient ends.',
      },
      meets: [],
    },
  },
);

const LOAN_APPROVAL = draft(
  'LOAN-APPROVAL',
  '涉企信用信息共享应用授权书(贷时审查)',
  'Authorization to share credit information (loan approval)',
  {
    purposes: ['APPROVAL'],
    items: [
      ...offer(['ANSWER'], ['REG-04B']),
      ...offer(['ANSWER', 'SUMMARY', 'RAW'], ['REG-05', 'RE-01', 'PRO-02']),
      ...offer(['ANSWER', 'SUMMARY'], ['JUD-03', 'INS-01', 'AGR-02']),
      ...offer(['ANSWER', 'SCORE', 'SUMMARY'], ['TAX-02', 'TAX-03', 'TAX-04', 'SOC-02', 'HPF-02', 'UTL-01', 'CUS-02', 'FIN-01']),
    ],
    longestPeriodDays: 60,
    longestRetentionDays: 365,
    highestFrequency: { times: 2, per: 'WEEK' },
    authority: [['LEGAL_REPRESENTATIVE'], ['OPERATOR'], ['MANAGING_PARTNER', 'HANDLER']],
  },
  {
    use: {
      zh: '被授权人用以审查一笔已经受理的贷款,核实还款来源、资产和担保,作出是否批准、额度、期限和利率的决定。',
      en: 'The recipient uses it to examine one application taken up, to confirm means of repayment, assets and security, and to decide on approval, amount, term and rate.',
    },
    consequences: {
      zh: '审查结果可能为不批准、部分批准或者附加担保条件。不动产、涉诉、证件核验等敏感信息可能影响审查结论。不授权其中任何一项的,被授权人可要求授权人自行提交相应材料。',
      en: 'The result may be a refusal, a part approval or a demand for security. Sensitive information on real estate, suits and identity may weigh in it. For an item that is not authorized the recipient may ask the principal to hand in the papers itself.',
    },
    special: {
      heading: { zh: '与具体贷款的关联', en: 'Tied to one loan' },
      body: {
        zh: '本授权仅对授权书所关联的一笔贷款申请有效。该申请被拒绝、撤回或者放款的,授权即行终止;贷后管理须另行授权。',
        en: 'This authorization counts for the one loan application it is tied to. It ends when that is refused, withdrawn or drawn; post-loan management needs a letter of its own.',
      },
      meets: [],
    },
  },
);

const POST_LOAN = draft(
  'POST-LOAN',
  '涉企信用信息共享应用授权书(贷后管理与纠纷处置)',
  'Authorization to share credit information (post-loan management and disputes)',
  {
    purposes: ['POST_LOAN', 'DISPUTE_RESOLUTION'],
    items: [
      ...offer(['ANSWER', 'SCORE'], ['TAX-02', 'SOC-01', 'HPF-01', 'INS-01']),
      ...offer(['ANSWER', 'SCORE', 'SUMMARY'], ['TAX-03', 'SOC-02', 'UTL-01', 'UTL-02', 'UTL-03', 'CUS-02', 'FIN-01']),
      ...offer(['ANSWER', 'SUMMARY'], ['JUD-03', 'RE-01', 'PRO-02']),
    ],
    longestPeriodDays: 1095,
    longestRetentionDays: 730,
    highestFrequency: { times: 2, per: 'MONTH' },
    authority: [...ALONE, ['ADMINISTRATOR'], ['LIQUIDATOR']],
  },
  {
    use: {
      zh: '被授权人用以在贷款存续期间了解授权人的履约能力;发生纠纷的,用以协商、调解、仲裁、诉讼和公证。',
      en: 'The recipient uses it to follow the ability to perform while the loan lasts and, when there is a dispute, in negotiation, mediation, arbitration, litigation and notarization.',
    },
    consequences: {
      zh: '信息显示履约能力明显下降的,被授权人可依借款合同要求补充担保、调整还款安排或者宣布提前到期。撤回授权不解除合同义务,被授权人可依合同要求授权人以其他方式报告经营状况。',
      en: 'When the information shows that the ability to perform has clearly fallen, the recipient may, as the loan contract says, ask for more security, change the repayment plan or call the loan. Withdrawal releases from no duty under the contract; the recipient may ask for reports by other means.',
    },
    special: {
      heading: { zh: '清算与破产', en: 'Liquidation and bankruptcy' },
      body: {
        zh: '授权人进入清算的,由清算组或者清算人签署;进入破产程序的,仅由管理人签署。贷款结清的,贷后管理授权即行终止。',
        en: 'In liquidation the liquidator signs; in bankruptcy only the administrator does. The authorization for post-loan management ends when the loan is settled.',
      },
      meets: [],
    },
  },
);

const EVALUATION = draft(
  'EVALUATION',
  '涉企信用信息共享应用授权书(信用评价与风险监测)',
  'Authorization to share credit information (evaluation and risk monitoring)',
  {
    purposes: ['EVALUATION', 'RISK_MONITORING'],
    items: [
      ...offer(['ANSWER', 'SCORE'], ['TAX-02', 'TAX-03', 'SOC-01', 'HPF-01', 'UTL-01', 'UTL-02', 'UTL-03', 'IP-02', 'TEC-02', 'AGR-02', 'CUS-02', 'SELF-01']),
      ...offer(['ANSWER', 'SCORE', 'SUMMARY'], ['FIN-01']),
    ],
    longestPeriodDays: 365,
    longestRetentionDays: 365,
    highestFrequency: { times: 1, per: 'DAY' },
    authority: ALONE,
  },
  {
    use: {
      zh: '用以对授权人作出信用评价,并在获得贷款后监测风险、及时提示。授权给“本平台任一接入机构”的,仅限核验结果和评价结果,且不超过30日。',
      en: 'It is used to evaluate the credit of the principal and, after a loan, to watch for risks and to warn in time. Where the recipient is any admitted institution of the platform, only answers and scores are provided, for 30 days at most.',
    },
    consequences: {
      zh: '评价结果仅供接入机构参考,可能影响产品匹配和额度。信用评价不构成对授权人的行政认定。不授权的,平台仅依据公开信息作出评价。',
      en: 'The evaluation is for reference by institutions and may bear on matching and amount. It is no finding by an authority. Without the authorization the platform evaluates from public information alone.',
    },
    special: {
      heading: { zh: '评价规则', en: 'Rules of evaluation' },
      body: {
        zh: '评价所依据的规则和最少记录数由省级节点公布;记录不足的,仅以区间回答。授权人可随时免费查看本企业的评价结果及其依据的信息项。',
        en: 'The provincial node publishes the rules and the fewest records an evaluation is made from; below that it answers with a band. The principal may see its own evaluation and the items behind it at any time, free of charge.',
      },
      meets: [],
    },
  },
);

const OPERATING_INFORMATION = draft(
  'OPERATING-INFORMATION',
  '经营类信息共享授权书(探索,不涉及商业秘密)',
  'Authorization to share operating information (exploratory, without trade secrets)',
  {
    purposes: ['PRE_LOAN', 'APPROVAL'],
    items: [...offer(['ANSWER', 'SCORE', 'SUMMARY'], ['OPS-01']), ...offer(['ANSWER', 'SUMMARY'], ['SELF-01'])],
    longestPeriodDays: 60,
    longestRetentionDays: 90,
    highestFrequency: { times: 1, per: 'WEEK' },
    authority: [['LEGAL_REPRESENTATIVE'], ['OPERATOR'], ['MANAGING_PARTNER', 'HANDLER']],
  },
  {
    use: {
      zh: '被授权人用以参考授权人主动提供的订单、回款、用工等经营类信息,支持本次融资申请。',
      en: 'The recipient uses operating information that the principal chose to share (orders, payments received, labour) in support of this application.',
    },
    consequences: {
      zh: '是否提供经营类信息由授权人自主决定。不提供的,不影响依据其他信息办理融资。',
      en: 'The principal alone decides whether to share operating information. Not sharing it leaves financing on other information unaffected.',
    },
    special: {
      heading: { zh: '经营类信息与商业秘密', en: 'Operating information and trade secrets' },
      body: {
        zh: '本授权依据“充分知晓、明确同意、主动授权”的原则,须由授权人单独勾选。信息提供方已声明所提供的经营类信息不涉及商业秘密;客户名称、单价、工艺和配方不在其内。',
        en: 'This authorization rests on full knowledge, express consent and the own initiative of the principal and needs a tick of its own. The provider has stated that the operating information contains no trade secret: names of customers, unit prices, processes and recipes are not in it.',
      },
      meets: ['NO-TRADE-SECRET'],
    },
  },
);

/** Items for which their providers also approve raw records, where a template offers them (gate C). */
export const RAW_APPROVED_ITEMS: readonly string[] = ['REG-05', 'RE-01'];

/** Items for which the node's policy opens gate C: RE-01 stays closed, so that a raw release of it is denied though it was granted. */
export const RAW_OPEN_ITEMS: readonly string[] = ['REG-05'];

/** The five templates (授权书文本, 任务 11), one family of purposes each. */
export const TEMPLATES: readonly DemonstrationTemplate[] = [FIRST_LOAN, LOAN_APPROVAL, POST_LOAN, EVALUATION, OPERATING_INFORMATION];

/**
 * The template of an id.
 * @throws RangeError when the demonstration has none.
 */
export function templateOf(id: string): DemonstrationTemplate {
  const template = TEMPLATES.find((candidate) => candidate.id === id);
  if (template === undefined) throw new RangeError(`no demonstration template ${id}`);
  return template;
}
