import { DomainError, type Release } from '../domain';
import type { RecordedRelease } from '../transactions';
import type { WorldState } from './world-state';

/** The recorded release of that id, if there is one: it lies in its batch's operation. */
export async function recordedRelease(world: WorldState, releaseId: string): Promise<Release | undefined> {
  const [operation = '', index = ''] = releaseId.split('.');
  const batch = await world.get('operation', operation);
  if (batch?.kind !== 'DONE' || batch.transaction !== 'releases:record') return undefined;
  const entry = (batch.result as { releases: RecordedRelease[] }).releases[Number(index)];
  return entry?.kind === 'RECORDED' ? entry.release : undefined;
}

/**
 * The recorded PERMIT of that id.
 * @throws DomainError not-found, also for a denial: nothing was sent.
 */
export async function permittedRelease(world: WorldState, releaseId: string): Promise<Release> {
  const release = await recordedRelease(world, releaseId);
  if (release?.decision !== 'PERMIT') throw DomainError.of('not-found', `there is no permitted release ${releaseId}`);
  return release;
}
