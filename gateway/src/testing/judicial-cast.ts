import type { Identity } from '@kesu/certs';
import type { ParticipantRole } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT } from './test-cast';
import type { TestWorld } from './test-world';

/** Whom cases go to, and who looks on; apart from the cast, so that worlds without them stay as they are. */
export const JUDICIAL = { notary: 'notary-one', court: 'court-one', arbitrator: 'arbitrator-one', auditor: 'audit-office' } as const satisfies Readonly<Partial<Record<ParticipantRole, string>>>;

/** Appoints them in a world, each with a certificate and a request key. */
export async function appointJudicial(world: TestWorld): Promise<ReadonlyMap<string, Identity>> {
  for (const [role, id] of Object.entries(JUDICIAL) as [keyof typeof JUDICIAL, string][]) {
    const names = [{ from: '2022-09-02', zh: `示范${id}`, en: `Demonstration ${id}` }];
    await world.submit(CAST.node, 'participants:appoint', { id, role, names, mspId: 'NodeMSP', regions: [], documentDigest: DOCUMENT });
    world.identities.set(id, await world.enrol(id, role, 'NodeMSP'));
    await world.registerRequestKey(id);
  }
  return world.identities;
}
