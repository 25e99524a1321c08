import { createDevelopmentAuthority, DevelopmentEnrolment, MemoryStorage, type Enrolment } from '@kesu/certs';
import { isObeyed, revokeIdentity, type PublishedRevocation } from './revoke-identity';

const NOW = Date.UTC(2026, 0, 1);
const OBEYED: PublishedRevocation = { kind: 'fabric', peers: [{ organisation: 'node', refuses: true }] };

async function anEnrolment(): Promise<Enrolment> {
  const storage = new MemoryStorage();
  const now = () => NOW;
  return new DevelopmentEnrolment({ authority: await createDevelopmentAuthority({ mspId: 'NodeMSP', now, storage }), storage, now });
}

test('a revocation that stopped before the ledger had it is published when it is asked again', async () => {
  const enrolment = await anEnrolment();
  const { secret } = await enrolment.register({ id: 'bank', role: 'client', attributes: {} });
  const { serial } = await enrolment.enroll({ id: 'bank', secret });
  const published: (readonly [string, readonly string[]])[] = [];
  const down = () => Promise.reject(new Error('the orderers are down'));
  await expect(revokeIdentity({ enrolment, publish: down }, 'bank', 'keyCompromise')).rejects.toThrow('the orderers are down');
  const publish = (mspId: string, serials: readonly string[]) => {
    published.push([mspId, serials]);
    return Promise.resolve(OBEYED);
  };
  const revoked = await revokeIdentity({ enrolment, publish }, 'bank', 'keyCompromise');
  expect(revoked).toEqual({ participant: 'bank', serials: [serial], published: OBEYED });
  expect(published).toEqual([['NodeMSP', [serial]]]);
});

test('nothing is published of an identity that the authority does not know', async () => {
  const publish = () => Promise.reject(new Error('was published'));
  await expect(revokeIdentity({ enrolment: await anEnrolment(), publish }, 'nobody', 'keyCompromise')).rejects.toMatchObject({ code: 'not-registered' });
});

test('a revocation is obeyed when every peer refuses, or from a block of the embedded ledger on', () => {
  expect(isObeyed(OBEYED)).toBe(true);
  expect(isObeyed({ kind: 'fabric', peers: [...OBEYED.peers, { organisation: 'notary', refuses: false }] })).toBe(false);
  expect(isObeyed({ kind: 'embedded', block: 7 })).toBe(true);
});
