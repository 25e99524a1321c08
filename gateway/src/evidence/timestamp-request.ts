import { booleanTrue, integer, nullElement, octetString, oid, sequence } from './der-writer';
import { contentOf, elementsOf } from './signed-data';

/** Media types of RFC 3161, section 3.4. */
export const TIMESTAMP_QUERY = 'application/timestamp-query';
export const TIMESTAMP_REPLY = 'application/timestamp-reply';

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nullElement());
const HASH_BYTES = 32;
const NONCE_BYTES = 8;

/** What a request of this client asks for. */
export interface TimestampRequest {
  /** SHA-256 of what is stamped. */
  readonly hash: Uint8Array;
  readonly nonce: Uint8Array;
}

/** MessageImprint over a SHA-256 hash. */
export function messageImprint(hash: Uint8Array): Buffer {
  return sequence(SHA256, octetString(hash));
}

/** TimeStampReq (RFC 3161, 2.4.1): version 1, SHA-256, a nonce, certReq. The first bit of the nonce is not set, so that its encoding is its bytes. */
export function encodeTimestampRequest({ hash, nonce }: TimestampRequest): Buffer {
  return sequence(integer(1), messageImprint(hash), integer(nonce), booleanTrue());
}

/**
 * A request in exactly the form that {@link encodeTimestampRequest} writes: the development authority serves nobody else.
 * @returns undefined for another.
 */
export function decodeTimestampRequest(der: Uint8Array): TimestampRequest | undefined {
  const bytes = Buffer.from(der);
  const prefix = encodeTimestampRequest({ hash: new Uint8Array(HASH_BYTES), nonce: Buffer.alloc(NONCE_BYTES, 0x7f) });
  if (bytes.length !== prefix.length) return undefined;
  const hashAt = prefix.indexOf(Buffer.alloc(HASH_BYTES));
  const nonceAt = prefix.length - NONCE_BYTES - booleanTrue().length;
  const request = { hash: bytes.subarray(hashAt, hashAt + HASH_BYTES), nonce: bytes.subarray(nonceAt, nonceAt + NONCE_BYTES) };
  return encodeTimestampRequest(request).equals(bytes) ? request : undefined;
}

/** TimeStampResp: status granted with the token, or a rejection. */
export function encodeTimestampReply(token: Uint8Array | undefined): Buffer {
  return token === undefined ? sequence(sequence(integer(2))) : sequence(sequence(integer(0)), token);
}

/** The token of a reply that grants, with or without changes (RFC 3161, 2.4.2); undefined for one that refuses or isn't read. */
export function tokenOfReply(der: Uint8Array): Uint8Array | undefined {
  const [reply, behind] = elementsOf(der);
  if (reply?.[0] !== SEQUENCE || reply.length !== der.length || behind !== undefined) return undefined;
  const [status, token] = elementsOf(contentOf(reply));
  const [code] = status?.[0] === SEQUENCE ? elementsOf(contentOf(status)) : [];
  return code !== undefined && GRANTED.some((granted) => granted.equals(code)) ? token : undefined;
}

const SEQUENCE = 0x30;
/** granted and grantedWithMods. */
const GRANTED = [integer(0), integer(1)];

/** A nonce whose encoding is its bytes. */
export function nonceOf(random: (bytes: number) => Uint8Array): Uint8Array {
  const nonce = Uint8Array.from(random(NONCE_BYTES));
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
}
