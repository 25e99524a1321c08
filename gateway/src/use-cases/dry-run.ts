import { basisOf, bytesToHex, instantOf, type DenyReason } from '@kesu/chaincode/domain';
import type { RecordedRelease, RequestedRelease } from '@kesu/chaincode';
import { LedgerError, type Head } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { refusalOf } from './batch-settlement';
import { adviseOn } from './choose-grant';
import { foundedRuleBook } from './facts';
import { assertIdempotencyKey } from './idempotency-key';
import { requestSignatureOf, type SentRequest } from './request-signature';
import { identityFor } from './submit-as';

/** What a release would be decided now; nothing is recorded and no source asked. */
export interface DryRun {
  readonly decision: 'PERMIT' | 'DENY';
  readonly reason?: DenyReason;
  readonly failedItem?: string;
  readonly grantId?: string;
  readonly asOf: Head;
}

/**
 * Decides by the contract without recording (`?dryRun=true`).
 * @throws DomainError for what is wrong with the request; GatewayError ledger-unavailable, not-allowed.
 */
export async function dryRun(parts: GatewayParts, sent: SentRequest): Promise<DryRun> {
  const { requester, request, idempotencyKey } = sent;
  assertIdempotencyKey(idempotencyKey);
  if (requester.kind !== 'PARTICIPANT' || basisOf(request) === 'SELF') throw GatewayError.of('not-allowed', 'only participants try requests out');
  const requestSignature = await requestSignatureOf(parts, sent, requester.id);
  const { grant } = adviseOn(parts.readModel, { request, requester: requester.id, sender: foundedRuleBook(parts.readModel).node }, instantOf(parts.clock.now()));
  const named = grant === undefined || request.grantId !== undefined ? {} : { grantId: grant.id };
  const requested: RequestedRelease = { request, ...named, requester: requester.id, idempotencyKey, requestSignature, sources: [], selfReported: false };
  const { entry, asOf } = await evaluated(parts, requested);
  return dryRunOf(entry, { ...named, ...(request.grantId === undefined ? {} : { grantId: request.grantId }), asOf });
}

function dryRunOf(entry: RecordedRelease | undefined, about: Pick<DryRun, 'grantId' | 'asOf'>): DryRun {
  if (entry?.kind === 'WOULD_PERMIT') return { decision: 'PERMIT', ...about };
  if (entry?.kind !== 'RECORDED') throw refusalOf(entry);
  const { reason, failedItem } = entry.release;
  return { decision: 'DENY', ...(reason === undefined ? {} : { reason }), ...(failedItem === undefined ? {} : { failedItem }), ...about };
}

async function evaluated(parts: GatewayParts, requested: RequestedRelease) {
  try {
    const { result, asOf } = await parts.ledger.evaluate(identityFor(parts, parts.self), 'releases:record', { operation: bytesToHex(parts.random(16)), requests: [requested] });
    return { entry: result.releases[0], asOf };
  } catch (error) {
    if (error instanceof LedgerError) throw GatewayError.of('ledger-unavailable', 'the ledger can not be reached', { retryAfterSeconds: 5, cause: error });
    throw error;
  }
}
