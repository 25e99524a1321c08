import { bytesEqual, epochMillis, sha256 } from '@kesu/chaincode/domain';
import { chainToRoot, type Certificate } from './certificate';
import { assertSigned, OID, parseSignedData, type SignedData } from './cms';
import { DerReader, instantOfDer, readDer, smallIntegerOf, TAG, unsignedOf } from './der';
import { ensure, VerificationFailure } from './failure';
import { TIMESTAMP_TOLERANCE_MILLIS } from './limits';
import { algorithmOf, SHA256_OID } from './signature-algorithms';

/** An authority whose time counts. */
export interface TimestampAuthority {
  readonly name: string;
  /** A development authority proves no time to anybody else. */
  readonly development: boolean;
  readonly roots: readonly Certificate[];
}

/** A verified token: whose, when, and for which request. */
export interface Timestamp {
  readonly authority: TimestampAuthority;
  readonly at: string;
  /** Without a sign byte; absent when the request had none. */
  readonly nonce: Uint8Array | undefined;
}

const CODES = { untrusted: 'timestamp-untrusted', outOfTime: 'timestamp-out-of-time' } as const;

/**
 * Verifies an RFC 3161 token over bytes: SHA-256 of them is its imprint; the signer's certificate is for nothing but timestamping (critical), leads
 * to an authority of the trust file, and counted when it signed. Either S is taken: the authority, which nobody here can tell how to sign, signed it so.
 * @throws VerificationFailure timestamp-*, cms-*, certificate-*.
 */
export function verifyTimestamp(token: Uint8Array, stamped: Uint8Array, authorities: readonly TimestampAuthority[]): Timestamp {
  const data = parseSignedData(token);
  ensure(data.contentType === OID.timestampInfo && data.content !== undefined, 'timestamp-malformed', 'no timestamp token');
  ensure(data.timestampToken === undefined, 'timestamp-malformed', 'a token carries no timestamp of its own');
  const { imprint, at, nonce } = parseInfo(data.content);
  ensure(bytesEqual(imprint, sha256(stamped)), 'timestamp-mismatch', 'the timestamp is over something else');
  const { extendedUsage } = data.signer;
  ensure(extendedUsage?.critical === true && extendedUsage.oids.length === 1 && extendedUsage.oids[0] === OID.timestampingUsage, 'timestamp-usage', 'the certificate is not for timestamping alone');
  assertSigned(data, data.content);
  return { authority: authorityOf(data, authorities, at), at, nonce };
}

/** Every certificate in a token is used: one that isn't could be any. */
function authorityOf(data: SignedData, authorities: readonly TimestampAuthority[], at: string): TimestampAuthority {
  const others = data.certificates.filter((one) => one !== data.signer);
  let refusal: VerificationFailure = new VerificationFailure('timestamp-untrusted', 'the trust file names no timestamp authority');
  for (const authority of authorities) {
    try {
      const chain = chainToRoot(data.signer, others, authority.roots, at, CODES);
      const superfluous = others.some((one) => !chain.some(({ der }) => bytesEqual(der, one.der)));
      ensure(!superfluous, 'cms-certificate-superfluous', 'a certificate in the token is not of its chain');
      return authority;
    } catch (error) {
      if (!(error instanceof VerificationFailure)) throw error;
      refusal = refusal.code === 'timestamp-out-of-time' ? refusal : error;
    }
  }
  throw refusal;
}

function parseInfo(content: Uint8Array): Pick<Timestamp, 'at' | 'nonce'> & { readonly imprint: Uint8Array } {
  const reader = new DerReader(readDer(content));
  ensure(smallIntegerOf(reader.next(TAG.integer)) === 1, 'timestamp-malformed', 'the token is not of version 1');
  reader.next(TAG.oid);
  const imprint = new DerReader(reader.next(TAG.sequence));
  ensure(algorithmOf(imprint.next(TAG.sequence)) === SHA256_OID, 'timestamp-malformed', 'the imprint is not SHA-256');
  const hash = imprint.next(TAG.octetString).content;
  imprint.end();
  unsignedOf(reader.next(TAG.integer));
  const at = instantOfDer(reader.next(TAG.generalizedTime));
  reader.optional(TAG.sequence);
  reader.optional(TAG.boolean);
  const nonce = reader.optional(TAG.integer);
  reader.optional(TAG.contextConstructed);
  reader.end();
  return { imprint: hash, at, nonce: nonce === undefined ? undefined : unsignedOf(nonce) };
}

/** Whether a time that a token states is older than an event claimed at `claimedTime` can be: see {@link TIMESTAMP_TOLERANCE_MILLIS}. Both are RFC 3339 UTC. */
export function isOlderThanEvent(at: string, claimedTime: string): boolean {
  return epochMillis(claimedTime) - epochMillis(at) > TIMESTAMP_TOLERANCE_MILLIS;
}
