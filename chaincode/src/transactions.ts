import type { z } from 'zod';
import * as commands from './commands';
import type { Release } from './domain';

/** What a recorded request became. `WOULD_PERMIT`: no payload was given, so nothing was recorded; fetch and come again. */
export type RecordedRelease =
  | { readonly kind: 'RECORDED'; readonly release: Release }
  | { readonly kind: 'WOULD_PERMIT' }
  | { readonly kind: 'REFUSED'; readonly code: string; readonly detail: string };

/** What an operation became. `CLOSED` can't take effect any more. */
export type OperationOutcome = { readonly kind: 'UNKNOWN' } | { readonly kind: 'CLOSED' } | { readonly kind: 'DONE'; readonly transaction: string; readonly result: unknown };

/** The ids of records that a command wrote. */
export interface Recorded {
  readonly ids: readonly string[];
}

interface TransactionType {
  readonly command: z.ZodType;
  /** True when the transaction only reads: called with `evaluate`. */
  readonly reads?: true;
}

/** The map: each transaction's name and its command. Nothing else names a transaction by a string. */
export const TRANSACTIONS = {
  'rule-book:found': { command: commands.foundLedger },
  'rule-book:set-policy': { command: commands.setPolicy },
  'rule-book:set-purpose': { command: commands.setPurpose },
  'participants:apply': { command: commands.applyAsPlatform },
  'participants:assess': { command: commands.assess },
  'participants:admit-platform': { command: commands.admitPlatform },
  'participants:admit-recipient': { command: commands.admitRecipient },
  'participants:confirm-recipient': { command: commands.confirmRecipient },
  'participants:appoint': { command: commands.appoint },
  'participants:suspend': { command: commands.suspendParticipant },
  'participants:resume': { command: commands.resumeParticipant },
  'participants:exit': { command: commands.exitParticipant },
  'participants:rename': { command: commands.renameParticipant },
  'participants:register-key': { command: commands.registerParticipantKey },
  'participants:introduce-log-key': { command: commands.introduceParticipantLogKey },
  'catalogue:put-items': { command: commands.putItems },
  'catalogue:move-item': { command: commands.moveItemTo },
  'catalogue:publish-requirements': { command: commands.publishRequirements },
  'catalogue:state-no-trade-secret': { command: commands.stateNoTradeSecret },
  'templates:draft': { command: commands.draftTemplate },
  'templates:approve': { command: commands.approveTemplate },
  'templates:publish': { command: commands.publishTemplateVersion },
  'templates:withdraw': { command: commands.withdrawTemplate },
  'enterprises:register': { command: commands.registerEnterprise },
  'enterprises:join-platform': { command: commands.joinPlatform },
  'enterprises:move': { command: commands.moveEnterpriseTo },
  'enterprises:change-representative': { command: commands.changeRepresentative },
  'enterprises:link-successor': { command: commands.linkSuccessor },
  'signatories:register-key': { command: commands.registerKey },
  'signatories:record-notice': { command: commands.recordKeyNotice },
  'signatories:confirm-key': { command: commands.confirmSigningKey },
  'signatories:object': { command: commands.objectToKey },
  'signatories:report-lost': { command: commands.reportKeyLost },
  'signatories:end-key': { command: commands.endKey },
  'signatories:submit-mandates': { command: commands.submitMandates },
  'loans:open': { command: commands.openLoan },
  'loans:advance': { command: commands.advanceLoan },
  'ingest:receive': { command: commands.receiveBatch },
  'ingest:accept': { command: commands.acceptBatch },
  'ingest:return': { command: commands.returnBatch },
  'ingest:withdraw': { command: commands.withdrawBatch },
  'grants:open-request': { command: commands.openGrantRequest },
  'grants:decline-request': { command: commands.declineGrantRequest },
  'grants:submit': { command: commands.submitLetters },
  'grants:transit': { command: commands.submitTransitions },
  'grants:suspend-for-loss': { command: commands.suspendForLoss },
  'releases:record': { command: commands.recordReleases },
  'releases:record-outcomes': { command: commands.recordOutcomes },
  'releases:acknowledge': { command: commands.acknowledgeReleases },
  'deletions:ask': { command: commands.askForDeletion },
  'deletions:attest': { command: commands.attestDeletionOf },
  'disputes:file': { command: commands.fileDispute },
  'disputes:forward': { command: commands.forwardDispute },
  'disputes:review': { command: commands.reviewDispute },
  'disputes:resolve': { command: commands.resolveDispute },
  'disputes:answer': { command: commands.answerDispute },
  'disputes:close': { command: commands.closeDispute },
  'evidence:open': { command: commands.openCase },
  'evidence:set-terms': { command: commands.setDebtTerms },
  'evidence:open-volume': { command: commands.openVolume },
  'evidence:add-items': { command: commands.addEvidenceItems },
  'evidence:seal-volume': { command: commands.sealEvidenceVolume },
  'evidence:report-usage': { command: commands.reportUsage },
  'notarization:submit': { command: commands.submitCase },
  'notarization:accept': { command: commands.acceptCase },
  'notarization:reject': { command: commands.rejectCase },
  'notarization:issue-deed': { command: commands.notarizeCase },
  'notarization:discharge': { command: commands.dischargeCase },
  'notarization:request-enforcement': { command: commands.requestEnforcement },
  'notarization:verify': { command: commands.verifyPerformance },
  'notarization:certify-enforcement': { command: commands.certifyEnforcement },
  'notarization:refuse-enforcement': { command: commands.refuseEnforcement },
  'notarization:file-enforcement': { command: commands.fileEnforcement },
  'notarization:correct-certificate': { command: commands.correctCertificate },
  'notarization:annul-certificate': { command: commands.annulCertificate },
  'proceedings:seal': { command: commands.sealCase },
  'proceedings:hand-over': { command: commands.handOverCase },
  'proceedings:receive': { command: commands.receiveCase },
  'proceedings:close': { command: commands.closeCase },
  'operations:close': { command: commands.closeOperation },
  'operations:read': { command: commands.readOperation, reads: true },
  'records:read': { command: commands.readRecord, reads: true },
} as const satisfies Readonly<Record<string, TransactionType>>;

/** The name of a transaction. */
export type TransactionName = keyof typeof TRANSACTIONS;

/** The command that a transaction takes. */
export type CommandOf<N extends TransactionName> = z.infer<(typeof TRANSACTIONS)[N]['command']>;

interface SpecialResults {
  'releases:record': { readonly releases: readonly RecordedRelease[] };
  'operations:close': OperationOutcome;
  'operations:read': OperationOutcome;
  'records:read': { readonly record: unknown };
}

/** What a transaction answers. */
export type ResultOf<N extends TransactionName> = N extends keyof SpecialResults ? SpecialResults[N] : Recorded;

/** Names in the order of the map. */
export const TRANSACTION_NAMES = Object.keys(TRANSACTIONS) as TransactionName[];

/** True for a name of the map. */
export function isTransactionName(name: string): name is TransactionName {
  return Object.hasOwn(TRANSACTIONS, name);
}

