import type { RequirementId } from './provider-requirements';

/** A text in both languages. */
export interface BilingualText {
  readonly zh: string;
  readonly en: string;
}

/** A clause of a letter; its number is its place. */
export interface LetterClause {
  readonly heading: BilingualText;
  readonly body: BilingualText;
  /** The providers' requirements that this clause meets. */
  readonly meets: readonly RequirementId[];
}

/** What differs from template to template. */
export interface LetterParticulars {
  /** Follows the purpose: what exactly the data are used for. */
  readonly use: BilingualText;
  /** What can follow for the enterprise, good and bad (不利后果告知). */
  readonly consequences: BilingualText;
  /** The clause that only this template has. */
  readonly special: LetterClause;
}

function clause(zhHeading: string, enHeading: string, zh: string, en: string, meets: readonly RequirementId[] = []): LetterClause {
  return { heading: { zh: zhHeading, en: enHeading }, body: { zh, en }, meets };
}

const PARTIES: readonly LetterClause[] = [
  clause(
    '授权人',
    'Principal',
    '授权人(信息主体):{principalName},统一社会信用代码:{principalCode}。授权人已阅读本授权书全文,知悉所列信息的内容和用途,自愿作出授权。',
    'Principal (信息主体): {principalName}, unified social credit code {principalCode}. The principal has read this whole letter, knows what the listed information contains and what it is used for, and authorizes of its own will.',
  ),
  clause(
    '被授权人与经由平台',
    'Recipient and platform',
    '被授权人:{recipientName}。经由平台:{platformName}。{conduitClause}除上述各方外,任何机构不得依据本授权书取得信息。',
    'Recipient: {recipientName}. Platform: {platformName}. {conduitClause} Nobody but the parties named receives information under this letter.',
    ['NAMED-PARTIES'],
  ),
];

const SCOPE: readonly LetterClause[] = [
  clause(
    '信息项与提供形态',
    'Items and form',
    '授权提供的信息项及每一项的提供形态如下:\n{itemList}\n未列明的信息项或形态不在授权之内。一种形态的授权不包含另一种形态。',
    'The items authorized, each with its form, are:\n{itemList}\nAn item or form that is not listed is not authorized. A form includes no other.',
    ['ITEMS-GRANULARITY'],
  ),
  clause(
    '原始明细',
    'Raw records',
    '纳税申报、财务报表、社保和公积金缴存明细、水电气、进出口等目录规定不得提供原始明细的信息项,仅以核验结果、评价结果或者汇总信息提供。其他信息项的原始明细,须经授权人逐项勾选、信息提供单位同意且省级节点准许后方可提供。',
    'Items whose raw records the catalogue keeps closed (tax declarations, financial statements, contributions to social insurance and housing fund, electricity, water, gas, foreign trade) are provided only as answer, score or summary. Raw records of other items are provided only when the principal ticked that item, its provider approved and the provincial node permits it.',
    ['NO-RAW'],
  ),
];

const PERIOD: readonly LetterClause[] = [
  clause(
    '授权期限与提前终止',
    'Period and earlier end',
    '授权自{periodFrom}起,至{periodUntil}止(不含该时刻)。有下列情形之一的,授权提前终止:{endsWhen};授权人撤回;被新的授权替代。',
    'The authorization begins at {periodFrom} and ends at {periodUntil} (that instant not included). It ends earlier when: {endsWhen}; the principal withdraws it; a new authorization replaces it.',
    ['PURPOSE-PERIOD'],
  ),
  clause('频次与数据范围', 'Frequency and range', '提供的次数和数据所属期间:{limits}。超出部分不予提供。', 'How often, and for which months: {limits}. Beyond that nothing is provided.'),
  clause(
    '保存与删除',
    'Retention and deletion',
    '被授权人保存所得信息不超过{retentionDays}日,期满或者授权终止后应当删除并出具删除回执;法律、行政法规另有规定的从其规定。',
    'The recipient keeps the information for no more than {retentionDays} days, deletes it then or when the authorization ends, and attests the deletion, unless a law or administrative regulation says otherwise.',
    ['RETENTION-DELETION'],
  ),
  clause(
    '用途限制与禁止转提供',
    'Use and no passing on',
    '所得信息仅用于为授权人提供融资支持,不得用于其他活动,不得出售、公开或者向任何第三方转提供。经由平台仅负责传递,不得留存或者使用信息内容。每一次提供或者不予提供均留有可追溯的记录。',
    'The information serves only financing support for the principal and no other activity; it is not sold, published or passed on to anyone. A platform that only conveys neither keeps nor uses the content. Each provision and each refusal leaves a record that can be traced.',
    ['NO-ONWARD'],
  ),
];

const RIGHTS: readonly LetterClause[] = [
  clause(
    '撤回、暂停与恢复',
    'Withdrawal, suspension, resumption',
    '授权人可随时在省级节点或者任一融资信用服务平台撤回或者暂停本授权,任何一把有效的签名密钥即可办理,无需说明理由,不收取费用。撤回后不再提供新的信息;撤回不影响此前已依授权完成的提供。暂停后的恢复须由本授权书要求的签署人签署。',
    'The principal may withdraw or suspend this authorization at any time, at the provincial node or any financing credit service platform, with any one live signing key, without a reason and free of charge. After withdrawal nothing more is provided; what was lawfully provided before stays so. A resumption is signed by the signatories this letter requires.',
    ['WITHDRAWAL'],
  ),
  clause(
    '异议',
    'Dispute',
    '授权人认为信息有误的,可向经由平台提出异议。平台在2个工作日内转交省级节点,信息提供单位在收到后20日内核查并书面答复。核查期间该信息附有异议标注。',
    'A principal who holds the information to be wrong may file a dispute with the platform. The platform forwards it to the provincial node within 2 working days; the provider reviews it within 20 days of receipt and the answer is in writing. Until then the information carries a mark that it is disputed.',
    ['WITHDRAWAL'],
  ),
  clause(
    '投诉',
    'Complaint',
    '授权人认为信息被违法查询或者使用的,可向监管部门或者省级节点投诉,受理后30日内答复。授权人可免费查询本企业自身信用信息和历次提供记录。',
    'A principal who believes that information was queried or used without right may complain to the regulator or the provincial node and is answered within 30 days. It may look up its own credit information and every record of provision free of charge.',
    ['WITHDRAWAL'],
  ),
];

const SIGNING: readonly LetterClause[] = [
  clause(
    '电子签署',
    'Electronic signing',
    '本授权书以可靠的电子签名签署,与书面签署具有同等效力。签署内容的摘要记入编号为{network}的授权存证网络;授权人的名称、代码和姓名不记入该网络。',
    "This letter is signed with a reliable electronic signature, which has the force of one on paper. The digest of what is signed is recorded in the authorization ledger {network}; the principal's name and code and the signatory's name are not.",
  ),
  clause(
    '签署人',
    'Signatory',
    '签署人:{signatoryName};签署身份:{signatoryCapacity};签署日期:{signedDate}。',
    'Signatory: {signatoryName}; capacity: {signatoryCapacity}; date: {signedDate}.',
  ),
];

function purposeClause(use: BilingualText): LetterClause {
  return clause('使用目的', 'Purpose', `使用目的:{purposeWords}。${use.zh}`, `Purpose: {purposeWords}. ${use.en}`, ['PURPOSE-PERIOD']);
}

function personalClause(): LetterClause {
  return clause(
    '个人信息与单独同意',
    'Personal information and separate consent',
    '信息项涉及自然人的,或者授权人为个体工商户的,被授权人须指明名称,由本人在同一授权书组内签名,并对每一被授权人和每一敏感信息项单独勾选同意。本人有权拒绝其中任何一项;拒绝不影响其他授权的效力。',
    'Where an item concerns a natural person, or the principal is an individual business, the recipient is named, the person signs in the same set of letters and consents to each recipient and each sensitive item by a tick of its own. The person may refuse any of them; the rest stays in force.',
    ['SEPARATE-CONSENT'],
  );
}

function consequencesClause(consequences: BilingualText): LetterClause {
  return clause('不利后果告知', 'Adverse consequences', consequences.zh, consequences.en, ['SEPARATE-CONSENT']);
}

/** The clauses of a letter in their order: what domain.md demands of every letter, and the template's own before the signing. */
export function letterClauses(particulars: LetterParticulars): readonly LetterClause[] {
  return [
    ...PARTIES,
    ...SCOPE,
    purposeClause(particulars.use),
    ...PERIOD,
    personalClause(),
    consequencesClause(particulars.consequences),
    ...RIGHTS,
    particulars.special,
    ...SIGNING,
  ];
}

/** The text of a letter in one language: the title, then each clause under its number. */
export function letterText(title: string, clauses: readonly LetterClause[], language: keyof BilingualText): string {
  const numbered = clauses.map((entry, index) => `${index + 1}. ${entry.heading[language]}\n${entry.body[language]}`);
  return [title, ...numbered].join('\n\n');
}
