import { z } from 'zod';
import { EnrolmentError } from '../enrolment-error';
import { parseCertificate } from '../parsed-certificate';
import type { WalletStorage } from '../storage';
import { getJson, putJson } from '../stored-json';
import { createCertificateRequest } from './certificate-request';
import type { CallSigner, FabricCaConnection } from './fabric-ca-connection';
import { FABRIC_CA_CODES, fabricCaCode } from './fabric-ca-error';

/** The identity at the authority that may register and revoke others. */
export interface RegistrarCredentials {
  readonly id: string;
  readonly secret: string;
}

const registrarSchema = z.strictObject({ id: z.string(), certificate: z.string(), privateKey: z.string() });

type StoredRegistrar = z.infer<typeof registrarSchema>;

/** How long before its end a registrar's certificate is no longer used, milliseconds. */
const RENEWAL_MARGIN = 86_400_000;

/** The registrar of one authority: enrolled when it is first needed, kept in the storage, enrolled anew when refused or about to expire. */
export class FabricCaRegistrar {
  readonly #connection: FabricCaConnection;
  readonly #credentials: RegistrarCredentials;
  readonly #storage: WalletStorage;
  readonly #key: string;
  readonly #now: () => number;
  #enrolling: Promise<CallSigner> | undefined;

  constructor(options: {
    readonly connection: FabricCaConnection;
    readonly credentials: RegistrarCredentials;
    readonly storage: WalletStorage;
    readonly mspId: string;
    readonly now: () => number;
  }) {
    this.#connection = options.connection;
    this.#credentials = options.credentials;
    this.#storage = options.storage;
    this.#key = `fabric-ca/${options.mspId}/registrar`;
    this.#now = options.now;
  }

  /**
   * Does something with the registrar's signature. An authority that doesn't accept the certificate kept here (its
   * database was made anew, or the certificate was revoked) is asked once more with a fresh one.
   */
  async call<T>(work: (signer: CallSigner) => Promise<T>): Promise<T> {
    const kept = await this.#kept();
    try {
      if (kept !== undefined) return await work(kept);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    const fresh = await this.#enrol();
    return work(fresh).catch((error: unknown) => {
      throw refusedRegistrar(error);
    });
  }

  async #kept(): Promise<StoredRegistrar | undefined> {
    const stored = await getJson(this.#storage, this.#key, registrarSchema);
    if (stored?.id !== this.#credentials.id) return undefined;
    const ends = parseCertificate(stored.certificate).fields.notAfter.getTime();
    return ends - RENEWAL_MARGIN > this.#now() ? stored : undefined;
  }

  /** Calls that come while an enrolment is under way share it. */
  #enrol(): Promise<CallSigner> {
    this.#enrolling ??= this.#enrolNow().finally(() => {
      this.#enrolling = undefined;
    });
    return this.#enrolling;
  }

  async #enrolNow(): Promise<CallSigner> {
    const { id, secret } = this.#credentials;
    const { csr, privateKey } = await createCertificateRequest(id, []);
    const { certificate } = await this.#connection.enrol(id, secret, { csr, attributes: [] }).catch((error: unknown) => {
      throw refusedRegistrar(error);
    });
    const registrar = { id, certificate, privateKey };
    await putJson(this.#storage, this.#key, registrar);
    return registrar;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof EnrolmentError && fabricCaCode(error.cause) === FABRIC_CA_CODES.AUTHENTICATION;
}

/** What is wrong with the registrar is the operator's configuration, not the secret of whom the call was about. */
function refusedRegistrar(error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const detail = 'The authority refused the registrar’s id and secret: wrong, used up, revoked, or enrolment is disabled. (fabric-ca 20)';
  return new EnrolmentError('authority-refused', detail, { cause: error });
}
