import { DomainError } from '../errors';
import type { Loan } from '../loan';
import { debtFigures, debtOf, sealedItemAt, type DebtFigures, type SealedItem } from './debt-figures';
import { certificateHolds, type EvidenceCase } from './evidence-case';
import type { ItemKind } from './evidence-item';
import type { VolumeSide } from './evidence-volume';
import { sumOwed, type SumOwed } from './sum-owed';

/** What a condition is and where the law asks for it. */
export interface Condition {
  readonly id: string;
  readonly zh: string;
  readonly en: string;
  /** 规则 = 《公证程序规则》; 规定 = 《最高人民法院关于公证债权文书执行若干问题的规定》. */
  readonly articles: string;
}

/** A condition that was looked at. */
export interface CheckedCondition extends Condition {
  readonly holds: boolean;
}

/** What the conditions are looked at in: the case, the items of its sealed volumes, every report of its loan, the date. */
export interface CaseFacts {
  readonly evidenceCase: EvidenceCase;
  readonly items: readonly SealedItem[];
  /** Every version of the loan from the first; empty when the case names none. */
  readonly reports: readonly Loan[];
  /** The date of Asia/Shanghai. */
  readonly on: string;
}

/** Enforcement's conditions with the sum that they rest on; no sum while something that it needs is missing. */
export interface EnforcementFindings {
  readonly conditions: readonly CheckedCondition[];
  readonly sum: SumOwed | undefined;
}

type Rule<F> = Condition & { holds(facts: F): boolean };

function has({ items }: Pick<CaseFacts, 'items'>, kind: ItemKind, side?: VolumeSide): boolean {
  return items.some(({ what, side: own }) => what.source === 'FILE' && what.kind === kind && (side === undefined || side === own));
}

/** What a deed that makes a debt enforceable needs (公证程序规则 39; 公证债权文书执行规定 4–6, 12). Items count in sealed volumes only. */
const DEED_RULES: readonly Rule<CaseFacts>[] = [
  { id: 'parties', zh: '债权人、债务人明确并有主体资格材料', en: 'creditor and debtor are stated and shown', articles: '规则39(2)、规定4', holds: (facts) => has(facts, 'IDENTITY_OF_CREDITOR') && has(facts, 'IDENTITY_OF_DEBTOR') },
  { id: 'debt-is-payment', zh: '债权文书以给付为内容', en: 'the document is about a performance: the loan contract is lodged', articles: '规则39(1)、规定5(1)', holds: (facts) => has(facts, 'LOAN_CONTRACT') },
  { id: 'what-is-owed', zh: '给付内容明确,且与账本登记的贷款金额一致', en: 'what is owed is stated, and it is the amount of the loan on the ledger', articles: '规则39(2)、规定4、规定5(3)', holds: ({ evidenceCase: { terms }, reports }) => terms !== undefined && terms.principalFen === reports.at(-1)?.amountFen },
  { id: 'how-and-when', zh: '债务履行方式、内容、时限明确', en: 'how and when it is to be performed is stated', articles: '规则39(3)', holds: ({ evidenceCase: { terms } }) => terms !== undefined },
  { id: 'no-doubt', zh: '债权人、债务人对给付内容无疑义,有公证员询问笔录', en: "neither side doubts what is owed: the notary's record of inquiry", articles: '规则39(2)', holds: (facts) => has(facts, 'INQUIRY_RECORD', 'AUTHORITY') },
  { id: 'promise', zh: '债务人接受强制执行的承诺', en: "the debtor's promise to accept enforcement", articles: '规则39(4)、规定5(2)', holds: (facts) => has(facts, 'ENFORCEMENT_PROMISE') },
  { id: 'way-of-verification', zh: '双方愿意接受核实并约定核实方式', en: 'both accept verification, in a way agreed', articles: '规则39(5)', holds: (facts) => has(facts, 'VERIFICATION_AGREEMENT') && facts.evidenceCase.terms?.verificationWay !== undefined },
  { id: 'appearance', zh: '债务人到场或委托代理人到场', en: 'the debtor appeared, or sent someone with a mandate', articles: '规定12(1)', holds: (facts) => has(facts, 'APPEARANCE', 'AUTHORITY') || has(facts, 'MANDATE_TO_APPEAR') },
  { id: 'information', zh: '公证机构已告知法律意义和后果', en: 'the notary gave information on meaning and consequences', articles: '规则39(6)、公证法27、规定12(5)', holds: (facts) => has(facts, 'INFORMATION_GIVEN', 'AUTHORITY') },
  { id: 'guarantees', zh: '有担保的,担保合同及担保人的承诺一并公证', en: "guarantees, where there are any, come with their contract and the guarantor's promise", articles: '规定6', holds: (facts) => facts.evidenceCase.terms?.guaranteed === false || (facts.evidenceCase.terms?.guaranteed === true && has(facts, 'GUARANTEE_CONTRACT') && has(facts, 'GUARANTOR_PROMISE')) },
];

interface EnforcementFacts extends CaseFacts {
  readonly figures: DebtFigures;
  readonly sum: SumOwed | undefined;
}

/** What a certificate of enforcement needs (公证程序规则 39, 55; 公证债权文书执行规定 3, 4). */
const ENFORCEMENT_RULES: readonly Rule<EnforcementFacts>[] = [
  { id: 'deed', zh: '赋予强制执行效力的公证书有效', en: 'the deed that makes the debt enforceable holds', articles: '规则55、规定3', holds: ({ evidenceCase }) => certificateHolds(evidenceCase.deed) },
  { id: 'application', zh: '债权人的执行证书申请书', en: "the creditor's application", articles: '规则55', holds: (facts) => facts.evidenceCase.request !== undefined && has(facts, 'ENFORCEMENT_APPLICATION', 'PARTY') },
  { id: 'default', zh: '债务人不履行或者不适当履行', en: 'the debtor did not perform, or not properly: the loan is reported overdue', articles: '规则55', holds: ({ reports }) => isInDefault(reports.at(-1)) },
  { id: 'verified', zh: '公证机构已按约定方式核实履约情况', en: 'the notary verified performance in the agreed way', articles: '规则39(5)、规则55', holds: (facts) => has(facts, 'VERIFICATION_RECORD', 'AUTHORITY') },
  { id: 'accelerated', zh: '宣布提前到期的,有已封卷的通知', en: 'where all was called due, the notice lies in a sealed volume', articles: '规定4', holds: accelerationIsShown },
  { id: 'expenses', zh: '主张的费用均有已封卷的凭证', en: 'every expense claimed has its record in a sealed volume', articles: '规则55、民法典561', holds: expensesAreShown },
  { id: 'repayments', zh: '已履行部分可逐笔查明并扣除', en: 'what was performed is known payment by payment, and deducted', articles: '规则55', holds: ({ figures, sum }) => figures.contradictionAt === undefined && sum !== undefined },
  { id: 'sum', zh: '申请执行标的明确且尚有应付款项', en: 'the sum to enforce is known and something is due', articles: '规则55、规定4', holds: ({ sum }) => sum !== undefined && sum.totalFen > 0 },
];

function isInDefault(loan: Loan | undefined): boolean {
  return loan?.state === 'OVERDUE' || loan?.state === 'WRITTEN_OFF';
}

function isOfKind(item: SealedItem | undefined, kind: ItemKind): boolean {
  return item?.what.source === 'FILE' && item.what.kind === kind;
}

function accelerationIsShown({ evidenceCase: { request }, items }: EnforcementFacts): boolean {
  return request?.accelerated === undefined || isOfKind(sealedItemAt(items, request.accelerated.notice), 'ACCELERATION_NOTICE');
}

function expensesAreShown({ evidenceCase: { request }, items }: EnforcementFacts): boolean {
  return (request?.expenses ?? []).every((place) => isOfKind(sealedItemAt(items, place), 'EXPENSE_RECORD'));
}

function checked<F>(rules: readonly Rule<F>[], facts: F): CheckedCondition[] {
  return rules.map(({ id, zh, en, articles, holds }) => ({ id, zh, en, articles, holds: holds(facts) }));
}

/** Looks at every condition of a deed that makes a debt enforceable. */
export function deedConditions(facts: CaseFacts): readonly CheckedCondition[] {
  return checked(DEED_RULES, facts);
}

/** Looks at every condition of a certificate of enforcement and computes the sum, as of the facts' date. */
export function enforcementFindings(facts: CaseFacts): EnforcementFindings {
  const figures = debtFigures(facts.reports, facts.items);
  const debt = debtOf(facts.evidenceCase, figures.drawn, facts.items);
  const isComputable = debt !== undefined && [...figures.repayments, ...debt.expenses].every(({ on }) => debt.drawn.on <= on && on <= facts.on);
  const sum = isComputable ? sumOwed(debt, figures.repayments, facts.on) : undefined;
  return { conditions: checked(ENFORCEMENT_RULES, { ...facts, figures, sum }), sum };
}

/**
 * Refuses while a condition is missing, naming each with its article.
 * @throws DomainError conditions-missing.
 */
export function assertConditionsHold(conditions: readonly CheckedCondition[], what: string): void {
  const missing = conditions.filter(({ holds }) => !holds);
  if (missing.length === 0) return;
  const faults = missing.map(({ id, zh, en, articles }) => ({ pointer: `/conditions/${id}`, detail: `${zh} · ${en} (${articles})` }));
  throw DomainError.of('conditions-missing', `${what} lacks ${missing.map(({ id }) => id).join(', ')}`, faults);
}
