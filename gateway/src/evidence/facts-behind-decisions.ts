import { counterOf, spends, type Release } from '@kesu/chaincode/domain';
import type { LoggedEvent } from '../evidence-log';

/**
 * The events about an enterprise that decisions in the evidence rest on besides records: the release that one continues, what spent that one, and the
 * use of a grant that a denial met. They may belong to another matter of the same enterprise.
 * @param chain every event about the enterprise, oldest first.
 */
export function factsBehindDecisions(chain: readonly LoggedEvent[], shown: Iterable<LoggedEvent>): LoggedEvent[] {
  return [...shown].flatMap((one) => (one.event.kind === 'release' ? behindRelease(chain.filter(({ index }) => index < one.index), one.event.release) : []));
}

function behindRelease(before: readonly LoggedEvent[], release: Release): LoggedEvent[] {
  const { basisReleaseId, grantId, decision } = release;
  const continued = basisReleaseId === undefined ? undefined : before.find(({ event }) => event.kind === 'release' && event.release.id === basisReleaseId);
  const spending = basisReleaseId === undefined || release.reason !== 'already-used' ? undefined : before.find(({ event }) => spends(event, basisReleaseId));
  const used = decision === 'PERMIT' || grantId === undefined ? undefined : before.findLast(({ event }) => counterOf(event, grantId) !== undefined);
  const found = [continued, spending, used].filter((one) => one !== undefined);
  return [...found, ...factsBehindDecisions(before, found)];
}
