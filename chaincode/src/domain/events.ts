import type { CatalogueItem } from './catalogue-item';
import type { Deletion } from './deletion';
import type { Dispute } from './dispute';
import type { Enterprise } from './enterprise';
import type { EvidenceCase, EvidenceVolume } from './evidence';
import type { Grant } from './grant';
import type { GrantRequest } from './grant-request';
import type { IngestBatch } from './ingest-batch';
import type { Loan } from './loan';
import type { Participant } from './participant';
import type { Acknowledgement, OutcomeRecord, Release } from './release';
import type { RuleBook } from './rule-book';
import type { Signatories } from './signatory';
import type { SignedEnvelope, SignatureProof } from './signature';
import type { Statement } from './statement';
import type { Template } from './template';
import type { UsageReportRecord } from './usage-report-record';
import type { UseCounter } from './use-counter';

/** The records whose whole new value an event carries, by kind. */
export interface RecordKinds {
  'rule-book': RuleBook;
  participant: Participant;
  'catalogue-item': CatalogueItem;
  template: Template;
  enterprise: Enterprise;
  signatories: Signatories;
  loan: Loan;
  'ingest-batch': IngestBatch;
  'grant-request': GrantRequest;
  grant: Grant;
  deletion: Deletion;
  dispute: Dispute;
  'evidence-case': EvidenceCase;
  'evidence-volume': EvidenceVolume;
  'usage-report': UsageReportRecord;
}

/** A statement with everything that its verification needs: what a grant or a transition rests on. */
export interface SignedStatement {
  readonly statement: Statement;
  readonly envelope: SignedEnvelope;
  readonly signatures: readonly SignatureProof[];
}

/** A record got a new value. `action` is the transaction's verb, e.g. `revoke`; `actor` the participant whose certificate signed. */
export interface RecordEvent<K extends keyof RecordKinds = keyof RecordKinds> {
  readonly kind: K;
  readonly action: string;
  readonly actor: string;
  readonly record: RecordKinds[K];
  /** The enterprise's signed statement, for grants, their transitions and mandates. */
  readonly signed?: SignedStatement;
  /** A document that the change rests on. */
  readonly documentDigest?: string;
  readonly reason?: string;
}

/** A release was decided and recorded; `counter` is the grant's new count, where it has a limit. */
export interface ReleaseEvent {
  readonly kind: 'release';
  readonly release: Release;
  readonly counter?: UseCounter;
}

/** The sender reported; `counter` when a use was given back. */
export interface OutcomeEvent {
  readonly kind: 'outcome';
  readonly outcome: OutcomeRecord;
  readonly grantId?: string;
  readonly counter?: UseCounter;
}

/** The recipient acknowledged. */
export interface AcknowledgementEvent {
  readonly kind: 'acknowledgement';
  readonly acknowledgement: Acknowledgement;
}

/** An operation whose outcome was unknown is closed: it can't take effect any more. */
export interface OperationClosedEvent {
  readonly kind: 'operation-closed';
  readonly operation: string;
  readonly actor: string;
}

/** Any record event, its record typed by its kind. */
export type AnyRecordEvent = { [K in keyof RecordKinds]: RecordEvent<K> }[keyof RecordKinds];

/** Everything that happens on the ledger. A transaction emits a list of these; an event's number in it is the `item` of its position. */
export type DomainEvent = AnyRecordEvent | ReleaseEvent | OutcomeEvent | AcknowledgementEvent | OperationClosedEvent;
