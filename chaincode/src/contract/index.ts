import { CatalogueContract } from './catalogue-contract';
import { DeletionsContract } from './deletions-contract';
import { DisputesContract } from './disputes-contract';
import { EnterprisesContract } from './enterprises-contract';
import { EvidenceContract } from './evidence-contract';
import { GrantsContract } from './grants-contract';
import { IngestContract } from './ingest-contract';
import { LoansContract } from './loans-contract';
import { NotarizationContract } from './notarization-contract';
import { OperationsContract } from './operations-contract';
import { ParticipantsContract } from './participants-contract';
import { ProceedingsContract } from './proceedings-contract';
import { RecordsContract } from './records-contract';
import { ReleasesContract } from './releases-contract';
import { RuleBookContract } from './rule-book-contract';
import { SignatoriesContract } from './signatories-contract';
import { TemplatesContract } from './templates-contract';

/** The contract classes, the same on each ledger. */
export const contracts = [
  RuleBookContract,
  ParticipantsContract,
  CatalogueContract,
  TemplatesContract,
  EnterprisesContract,
  SignatoriesContract,
  LoansContract,
  IngestContract,
  GrantsContract,
  ReleasesContract,
  DeletionsContract,
  DisputesContract,
  EvidenceContract,
  NotarizationContract,
  ProceedingsContract,
  OperationsContract,
  RecordsContract,
];

export { PARTICIPANT_ATTRIBUTE, ROLE_ATTRIBUTE } from './caller';
export { CLAIMED_TIME_TOLERANCE_MILLIS, type PeerClock } from './clock-guard';
export { NODE_ENDORSED_KINDS } from './key-endorsement';
export { RULE_BOOK_ID, stateKey, type StateKind, type StateKinds } from './keys';
export { keyIdOf } from './participants-contract';
export { SOURCE_ANSWER_MILLIS } from './release-recording';
export { EVENT_NAME, MAX_COMMAND_BYTES } from './transact';
export { verifyP256WithNode } from './verify-p256-node';
