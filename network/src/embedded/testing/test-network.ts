import { createDevelopmentAuthority, createKeyPair, createPseudonym, createSigner, type DevelopmentAuthority, type Identity } from '@kesu/certs';

/** The instant at which the ledger's tests begin: 2026-01-01T00:00:00.000Z, epoch milliseconds. */
export const START = Date.UTC(2026, 0, 1);

/** A day in milliseconds. */
export const DAY = 86_400_000;

/** A clock that a test sets. */
export class TestClock {
  constructor(public time: number = START) {}

  now(): number {
    return this.time;
  }
}

/** An organisation with its authority, for tests. */
export interface TestOrganisation {
  readonly authority: DevelopmentAuthority;
  /** A fresh caller, valid for a year from {@link START} unless told otherwise. */
  caller(validity?: { readonly notBefore: number; readonly notAfter: number }): Promise<TestCaller>;
}

/** A caller of a test, and its certificate's serial. */
export interface TestCaller extends Identity {
  readonly serial: string;
}

/** Makes an organisation with a development authority that lives in memory. */
export async function anOrganisation(mspId: string): Promise<TestOrganisation> {
  const entries = new Map<string, Uint8Array>();
  const storage = {
    get: async (key: string) => entries.get(key),
    put: async (key: string, value: Uint8Array) => void entries.set(key, value),
    delete: async (key: string) => void entries.delete(key),
    list: async (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
  const authority = await createDevelopmentAuthority({ mspId, now: () => START, storage });
  return {
    authority,
    caller: async (validity = { notBefore: START, notAfter: START + 365 * DAY }) => {
      const keys = createKeyPair();
      const { certificate, serial } = await authority.issue({ pseudonym: createPseudonym(), role: 'client', attributes: { 'kesu.role': 'provincialNode', 'kesu.participant': 'platform-01' }, publicKey: keys.publicKey, validity });
      return { mspId, certificate, serial, sign: createSigner(keys.privateKey) };
    },
  };
}
