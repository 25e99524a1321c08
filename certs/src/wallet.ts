import { z } from 'zod';
import { expiryNotice, type ExpiryNotice } from './expiry-notice';
import type { Identity } from './identity';
import { normalSerial, parseCertificate } from './parsed-certificate';
import { createSigner, isKeyOfCertificate } from './signing';
import type { WalletStorage } from './storage';
import { getJson, putJson } from './stored-json';

/** An identity with its private key, as a wallet keeps it: certificate and key as PEM. */
export interface StoredIdentity {
  readonly mspId: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** One line of a wallet's listing; no key in it. `notAfter` in epoch milliseconds, `serial` in lower-case hex. */
export interface WalletEntry {
  readonly label: string;
  readonly mspId: string;
  readonly serial: string;
  readonly notAfter: number;
}

/** A wallet entry that is to be renewed, or that has ended. */
export interface ExpiringEntry extends WalletEntry {
  readonly notice: Exclude<ExpiryNotice, { kind: 'far' }>;
}

/** A wallet can't give or take an identity. Never holds any part of a key. */
export class WalletError extends Error {
  override readonly name = 'WalletError';

  constructor(
    readonly code: 'label-malformed' | 'not-found' | 'key-mismatch',
    readonly detail: string,
    readonly nextStep: string,
  ) {
    super(`${detail} ${nextStep}`);
  }
}

const PREFIX = 'wallet/';
const identitySchema = z.strictObject({ mspId: z.string().min(1), certificate: z.string(), privateKey: z.string() });

/** The identities a gateway may sign with, by label. The storage decides how they are encrypted. */
export class Wallet {
  readonly #storage: WalletStorage;

  constructor(storage: WalletStorage) {
    this.#storage = storage;
  }

  /**
   * Keeps an identity under a label, in place of one that was there.
   * @param label 1 to 100 of `A–Z a–z 0–9 . _ -`.
   * @throws WalletError `label-malformed`, `key-mismatch`; CertificateError `malformed` for a certificate that can't be read.
   */
  async put(label: string, identity: StoredIdentity): Promise<void> {
    const key = keyOf(label);
    parseCertificate(identity.certificate);
    if (!isKeyOfCertificate(identity.privateKey, identity.certificate)) {
      throw new WalletError(
        'key-mismatch',
        'The private key does not belong to the certificate.',
        'Give the key that the certificate was issued for.',
      );
    }
    const { mspId, certificate, privateKey } = identity;
    await putJson(this.#storage, key, { mspId, certificate, privateKey });
  }

  /** The identity under a label with its key; undefined when there is none. */
  get(label: string): Promise<StoredIdentity | undefined> {
    return getJson(this.#storage, keyOf(label), identitySchema);
  }

  /**
   * The identity under a label as callers use it: its key stays inside the signer.
   * @throws WalletError `not-found`.
   */
  async identity(label: string): Promise<Identity> {
    const stored = await this.get(label);
    if (stored === undefined) {
      throw new WalletError('not-found', `The wallet holds no identity "${label}".`, 'Enrol or import it under this label.');
    }
    return { mspId: stored.mspId, certificate: stored.certificate, sign: createSigner(stored.privateKey) };
  }

  /** Every identity, ascending by label. */
  async list(): Promise<readonly WalletEntry[]> {
    const keys = await this.#storage.list(PREFIX);
    const entries = await Promise.all(keys.map((key) => this.#entry(key.slice(PREFIX.length))));
    return entries.filter((entry) => entry !== undefined);
  }

  /** The identities that have reached a mark of `expiryNotice` at `at` (epoch milliseconds) or have expired, soonest first. */
  async expiring(at: number): Promise<readonly ExpiringEntry[]> {
    const due: ExpiringEntry[] = [];
    for (const entry of await this.list()) {
      const notice = expiryNotice(entry.notAfter, at);
      if (notice.kind !== 'far') due.push({ ...entry, notice });
    }
    return due.sort((a, b) => a.notAfter - b.notAfter);
  }

  /** Forgets an identity; answers whether there was one. */
  async remove(label: string): Promise<boolean> {
    const key = keyOf(label);
    if ((await this.#storage.get(key)) === undefined) return false;
    await this.#storage.delete(key);
    return true;
  }

  async #entry(label: string): Promise<WalletEntry | undefined> {
    const stored = await this.get(label);
    if (stored === undefined) return undefined;
    const { node, fields } = parseCertificate(stored.certificate);
    return { label, mspId: stored.mspId, serial: normalSerial(node.serialNumber), notAfter: fields.notAfter.getTime() };
  }
}

function keyOf(label: string): string {
  if (/^[A-Za-z0-9._-]{1,100}$/.test(label)) return PREFIX + label;
  throw new WalletError('label-malformed', 'A label has 1 to 100 of the characters A–Z a–z 0–9 . _ -', 'Choose another label.');
}
