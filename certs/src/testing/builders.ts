import {
  createDevelopmentAuthority,
  createPseudonym,
  type DevelopmentAuthority,
  type IssueRequest,
} from '../development-authority';
import { createKeyPair } from '../signing';
import type { StoredIdentity } from '../wallet';
import { MemoryStorage } from '../memory-storage';

/** The instant at which tests begin: 2026-01-01T00:00:00.000Z, epoch milliseconds. */
export const START = Date.UTC(2026, 0, 1);

/** One day in milliseconds. */
export const DAY = 86_400_000;

/** A clock that a test sets. */
export class TestClock {
  constructor(public time: number = START) {}

  readonly now = (): number => this.time;
}

/** An authority with the storage and the clock under it. */
export interface AuthorityParts {
  readonly authority: DevelopmentAuthority;
  readonly storage: MemoryStorage;
  readonly clock: TestClock;
}

/** A fresh authority over its own storage and clock. */
export async function anAuthority(mspId = 'NodeMSP'): Promise<AuthorityParts> {
  const storage = new MemoryStorage();
  const clock = new TestClock();
  return { authority: await createDevelopmentAuthority({ mspId, now: clock.now, storage }), storage, clock };
}

/** A platform's client certificate with its key, valid for one year from START unless the parts say otherwise. */
export async function aCaller(
  authority: DevelopmentAuthority,
  parts: Partial<IssueRequest> = {},
): Promise<StoredIdentity & { readonly serial: string; readonly publicKey: string }> {
  const keys = createKeyPair();
  const issued = await authority.issue({
    pseudonym: createPseudonym(),
    role: 'client',
    attributes: { 'kesu.role': 'platform', 'kesu.participant': 'platform-01' },
    publicKey: keys.publicKey,
    validity: { notBefore: START, notAfter: START + 365 * DAY },
    ...parts,
  });
  return { mspId: authority.mspId, certificate: issued.certificate, serial: issued.serial, ...keys };
}
