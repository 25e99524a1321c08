import type { Words } from '../words';
import type { CaseKind, CaseState } from './evidence-case';
import type { ItemKind } from './evidence-item';

/** What every answer about a case says: the ledger lodges, only a notary notarizes. */
export const LODGED_NOT_NOTARIZED: Words = {
  zh: '本记录是区块链存证,不是公证。公证以公证机构出具的公证书、执行证书原件为准。',
  en: 'This record is evidence lodged on a ledger, not a notarization. What a notary certified stands in the deed or certificate that the notary issued.',
};

/** Kinds of cases as shown to people. */
export const CASE_KIND_WORDS: Readonly<Record<CaseKind, Words>> = {
  ENFORCEABLE_DEBT: { zh: '赋强公证', en: 'enforceable debt' },
  PRESERVATION: { zh: '保全证据公证', en: 'preservation of evidence' },
  ARBITRATION: { zh: '仲裁', en: 'arbitration' },
  LITIGATION: { zh: '诉讼', en: 'litigation' },
};

/** States of cases as shown to people. */
export const CASE_STATE_WORDS: Readonly<Record<CaseState, Words>> = {
  DRAFT: { zh: '草拟', en: 'draft' },
  SUBMITTED: { zh: '已申请', en: 'submitted' },
  ACCEPTED: { zh: '已受理', en: 'accepted' },
  REJECTED: { zh: '不予办理', en: 'rejected' },
  NOTARIZED: { zh: '已出具公证书', en: 'deed issued' },
  DISCHARGED: { zh: '已清偿', en: 'discharged' },
  ENFORCEMENT_REQUESTED: { zh: '已申请执行证书', en: 'enforcement certificate requested' },
  VERIFYING: { zh: '核实中', en: 'verifying' },
  ENFORCEMENT_CERTIFIED: { zh: '已出具执行证书', en: 'enforcement certificate issued' },
  ENFORCEMENT_REFUSED: { zh: '不予出具执行证书', en: 'enforcement certificate refused' },
  ENFORCEMENT_FILED: { zh: '已申请执行', en: 'enforcement filed' },
  SEALED: { zh: '已封卷', en: 'sealed' },
  HANDED_OVER: { zh: '已移交', en: 'handed over' },
  RECEIVED: { zh: '已接收', en: 'received' },
  CLOSED: { zh: '已办结', en: 'closed' },
};

/** Kinds of items as shown to people. */
export const ITEM_KIND_WORDS: Readonly<Record<ItemKind, Words>> = {
  LOAN_CONTRACT: { zh: '借款合同', en: 'loan contract' },
  GUARANTEE_CONTRACT: { zh: '担保合同', en: 'guarantee contract' },
  ENFORCEMENT_PROMISE: { zh: '接受强制执行的承诺', en: 'promise to accept enforcement' },
  GUARANTOR_PROMISE: { zh: '担保人接受强制执行的承诺', en: "guarantor's promise to accept enforcement" },
  VERIFICATION_AGREEMENT: { zh: '核实方式约定', en: 'agreement on the way of verification' },
  IDENTITY_OF_CREDITOR: { zh: '债权人主体资格材料', en: "creditor's identity" },
  IDENTITY_OF_DEBTOR: { zh: '债务人主体资格材料', en: "debtor's identity" },
  APPEARANCE: { zh: '到场记录', en: 'record of appearance' },
  MANDATE_TO_APPEAR: { zh: '授权委托书', en: 'mandate to appear' },
  INQUIRY_RECORD: { zh: '询问笔录', en: 'record of inquiry' },
  INFORMATION_GIVEN: { zh: '告知书', en: 'information given' },
  DRAW_RECORD: { zh: '放款凭证', en: 'record of the draw' },
  REPAYMENT_RECORD: { zh: '还款凭证', en: 'record of repayment' },
  REPAYMENT_FOUND: { zh: '核实查明的还款', en: 'repayment found by verification' },
  COLLECTION_RECORD: { zh: '催收记录', en: 'record of collection' },
  EXPENSE_RECORD: { zh: '费用凭证', en: 'record of an expense' },
  ACCELERATION_NOTICE: { zh: '提前到期通知', en: 'notice that calls the debt due' },
  ENFORCEMENT_APPLICATION: { zh: '执行证书申请书', en: 'application for an enforcement certificate' },
  VERIFICATION_RECORD: { zh: '核实记录', en: 'record of verification' },
  ARBITRATION_AGREEMENT: { zh: '仲裁协议', en: 'arbitration agreement' },
  CLAIM: { zh: '起诉状、仲裁申请书', en: 'statement of claim' },
  OTHER: { zh: '其他', en: 'other' },
};
