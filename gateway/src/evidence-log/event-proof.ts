import { LOG_PROOF_FORMAT, toBase64, type LogProof } from '@kesu/chaincode/domain';
import type { PublishedCheckpoint } from './checkpoint-publisher';
import type { EvidenceLog, LoggedEvent } from './evidence-log';

/** The proof of one event under a checkpoint that holds it. */
export function proofOf(log: EvidenceLog, { index, text, event }: LoggedEvent, { size, text: checkpoint }: PublishedCheckpoint): LogProof {
  return { format: LOG_PROOF_FORMAT, leaf: text, event, path: log.inclusion(index, size).map(toBase64), checkpoint };
}
