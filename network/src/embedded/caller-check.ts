import { type KeyObject, X509Certificate } from 'node:crypto';
import { CallerVerification, CertificateError, verifySignedMessage } from '@kesu/certs';
import { DomainError, type LedgerConfiguration, type OrganisationTrust } from '@kesu/chaincode/domain';
import { LedgerError } from '../ledger';

/** So many callers' certificates are remembered as checked. */
export const REMEMBERED_CALLERS = 10_000;

/** Decides who a caller is: chain, validity, revocation and signature, by the configuration in force. */
export class CallerCheck {
  readonly #verification = new CallerVerification({ capacity: REMEMBERED_CALLERS });
  readonly #keys = new Map<string, KeyObject>();

  /**
   * Accepts a caller's certificate.
   * @param at epoch milliseconds.
   * @throws DomainError `caller-unknown`; LedgerError `unavailable` when the organisation's roots or list can't be used.
   */
  assertCertificate(caller: { readonly mspId: string; readonly certificate: string }, configuration: LedgerConfiguration, at: number): void {
    const { mspId, certificate } = caller;
    const trust = Object.hasOwn(configuration.organisations, mspId) ? configuration.organisations[mspId] : undefined;
    if (trust === undefined) throw DomainError.of('caller-unknown', "the caller's organisation is not part of this ledger");
    const { roots, revocationList } = trust;
    try {
      this.#verification.verify(certificate, { mspId, roots, ...(revocationList === undefined ? {} : { revocationList }) }, at);
    } catch (error) {
      if (error instanceof CertificateError) throw DomainError.of('caller-unknown', error.message);
      throw new LedgerError('unavailable', "the caller's organisation can't be judged", { cause: error });
    }
  }

  /**
   * Accepts a caller's signature: strict DER, low S, by the key of the certificate.
   * @throws DomainError `caller-unknown`.
   */
  assertSignature(certificate: string, message: Uint8Array, der: Uint8Array): void {
    if (!verifySignedMessage(this.#keyOf(certificate), message, der)) {
      throw DomainError.of('caller-unknown', "the proposal's signature is not one of the caller's certificate");
    }
  }

  #keyOf(certificate: string): KeyObject {
    const known = this.#keys.get(certificate);
    if (known !== undefined) return known;
    const key = new X509Certificate(certificate).publicKey;
    if (this.#keys.size >= REMEMBERED_CALLERS) this.#keys.clear();
    this.#keys.set(certificate, key);
    return key;
  }
}

/**
 * Refuses roots or a revocation list by which no caller could be judged: recorded, they would shut the organisation out.
 * @param certificate any certificate (PEM); whether it is one of the organisation's doesn't matter.
 * @param at epoch milliseconds.
 * @throws TypeError.
 */
export function assertUsableTrust(mspId: string, trust: OrganisationTrust, certificate: string, at: number): void {
  const { roots, revocationList } = trust;
  try {
    // It reads roots and list before the certificate.
    new CallerVerification({ capacity: 1 }).verify(certificate, { mspId, roots, ...(revocationList === undefined ? {} : { revocationList }) }, at);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw new TypeError(`roots or revocation list of ${mspId} can't be used`, { cause: error });
  }
}
