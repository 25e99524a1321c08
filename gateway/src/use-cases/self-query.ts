import type { ReleaseRequest } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import type { Requester } from '../requester';
import type { ReleaseAnswer } from './recorded-answer';
import { releaseOnce } from './release';
import type { ReleaseParts } from './release-parts';

/** An enterprise's query of its own data (本企业自查): free, recorded, at every granularity. */
export interface SelfQuery extends Pick<ReleaseRequest, 'items' | 'range'> {
  readonly requester: Requester;
  readonly idempotencyKey: string;
}

/**
 * Gives an enterprise its own data, with the receipt that makes them a signed copy.
 * @throws as `release`; GatewayError not-allowed for anyone but an enterprise.
 */
export async function selfQuery(parts: ReleaseParts, { requester, items, range, idempotencyKey }: SelfQuery): Promise<ReleaseAnswer> {
  if (requester.kind !== 'ENTERPRISE') throw GatewayError.of('not-allowed', 'only an enterprise asks for its own data');
  const { ref } = requester;
  const request: ReleaseRequest = { enterprise: ref, recipient: ref, items, purpose: 'EVALUATION', basis: 'SELF', ...(range === undefined ? {} : { range }) };
  return releaseOnce(parts, { request, requesterId: ref, idempotencyKey }, async () => ({}));
}
