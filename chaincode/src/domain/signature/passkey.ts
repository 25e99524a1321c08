import { bytesToHex, fromBase64url, sha256, sha256Hex, toBase64url } from '../bytes';
import { DomainError } from '../errors';
import { doubledMember } from './doubled-member';
import { assertP256Signature, type VerifyP256 } from './p256';

/** Longest `clientDataJSON`, in bytes. */
export const MAX_CLIENT_DATA_BYTES = 2048;
/** Longest `authenticatorData`, in bytes. */
export const MAX_AUTHENTICATOR_DATA_BYTES = 1024;
/** Length of `authenticatorData` without extensions: rpIdHash 32, flags 1, sign count 4 (WebAuthn, section 6.1). */
export const BARE_AUTHENTICATOR_DATA_BYTES = 37;

const RP_ID_HASH_BYTES = 32;

/** The bits of the flags byte (WebAuthn Level 3, section 6.1). */
export const AUTHENTICATOR_FLAGS = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attestedCredential: 0x40,
  extensions: 0x80,
} as const;

/** Where a passkey was made: what an assertion has to be bound to. */
export interface PasskeyBinding {
  /** The origin where the letter is shown, e.g. `https://consent.example`. */
  readonly origin: string;
  readonly rpId: string;
}

/** A WebAuthn assertion as received; every member base64url. */
export interface PasskeyAssertion {
  readonly signature: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
}

/**
 * Accepts a passkey's assertion as a signature over `bytes` (domain.md, Signature; WebAuthn Level 3, section 7.2).
 *
 * The sign count is ignored: synchronised passkeys leave it at 0. So are the two reserved flag bits, which section 7.2
 * gives no rule for and of which two others have become the backup flags since Level 2. Attested credential data never
 * belongs to an assertion (section 6.1) and is refused. The content of extensions is not read; the signature covers it.
 * @throws DomainError `signature-malformed` for what can't be read, `signature-invalid` for what says something else or
 *   doesn't verify, `signature-not-low-s`.
 */
export function assertPasskeyAssertion(publicKey: string, binding: PasskeyBinding, bytes: Uint8Array, assertion: PasskeyAssertion, verifyP256: VerifyP256): void {
  const clientData = decodeBounded(assertion.clientDataJSON, 'clientDataJSON', MAX_CLIENT_DATA_BYTES);
  const authenticatorData = decodeBounded(assertion.authenticatorData, 'authenticatorData', MAX_AUTHENTICATOR_DATA_BYTES);
  assertClientData(parseClientData(clientData), binding.origin, toBase64url(sha256(bytes)));
  assertAuthenticatorData(authenticatorData, binding.rpId);
  const message = new Uint8Array(authenticatorData.length + 32);
  message.set(authenticatorData);
  message.set(sha256(clientData), authenticatorData.length);
  assertP256Signature(publicKey, message, assertion.signature, verifyP256);
}

/**
 * Refuses an assertion of a passkey that may leave its device: backup eligible (BE, WebAuthn Level 3, section 6.1.3) never changes in
 * the life of a credential, so that a key registered as device-bound was registered wrongly when it is set.
 * @param authenticatorData of an assertion that {@link assertPasskeyAssertion} accepted, base64url.
 * @throws DomainError `signing-key-insufficient`.
 */
export function assertDeviceBound(authenticatorData: string): void {
  const flags = decodeBounded(authenticatorData, 'authenticatorData', MAX_AUTHENTICATOR_DATA_BYTES)[RP_ID_HASH_BYTES] ?? 0;
  if ((flags & AUTHENTICATOR_FLAGS.backupEligible) === 0) return;
  throw DomainError.of('signing-key-insufficient', 'the key is registered as DEVICE_PASSKEY, and its device says that it may be copied (backup eligible): register it as SYNCED_PASSKEY');
}

function decodeBounded(text: string, member: string, limit: number): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw malformed(`${member} is not base64url without padding`);
  if (bytes.length > limit) throw malformed(`${member} has more than ${limit} bytes`);
  return bytes;
}

/** The one JSON of Kesu that may hold unknown members (architecture.md, rule 12), but none twice. */
function parseClientData(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('clientDataJSON is not UTF-8');
  }
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('clientDataJSON is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('clientDataJSON is not a JSON object');
  if (doubledMember(text) !== undefined) throw malformed('clientDataJSON holds a member twice');
  return value as Readonly<Record<string, unknown>>;
}

function assertClientData(clientData: Readonly<Record<string, unknown>>, origin: string, challenge: string): void {
  if (clientData['type'] !== 'webauthn.get') throw invalid('type is not webauthn.get');
  if (clientData['challenge'] !== challenge) throw invalid('challenge is not the SHA-256 of the signed bytes');
  if (clientData['origin'] !== origin) throw invalid("origin is not the key's");
  const { crossOrigin } = clientData;
  if (crossOrigin !== undefined && crossOrigin !== false) throw invalid('crossOrigin is not false');
  if (clientData['topOrigin'] !== undefined) throw invalid('topOrigin is present: the page was embedded in another');
}

function assertAuthenticatorData(data: Uint8Array, rpId: string): void {
  const flags = data[RP_ID_HASH_BYTES];
  if (flags === undefined || data.length < BARE_AUTHENTICATOR_DATA_BYTES) throw malformed('authenticatorData has fewer than 37 bytes');
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(AUTHENTICATOR_FLAGS.attestedCredential)) throw malformed('authenticatorData of an assertion holds attested credential data');
  if (has(AUTHENTICATOR_FLAGS.extensions) !== data.length > BARE_AUTHENTICATOR_DATA_BYTES) {
    throw malformed('the length of authenticatorData and its extension flag disagree');
  }
  if (has(AUTHENTICATOR_FLAGS.backedUp) && !has(AUTHENTICATOR_FLAGS.backupEligible)) throw malformed('authenticatorData is backed up without being eligible');
  if (bytesToHex(data.subarray(0, RP_ID_HASH_BYTES)) !== sha256Hex(rpId)) throw invalid("rpIdHash is not the SHA-256 of the key's rpId");
  if (!has(AUTHENTICATOR_FLAGS.userPresent)) throw invalid('the user was not present');
  if (!has(AUTHENTICATOR_FLAGS.userVerified)) throw invalid('the user was not verified');
}

function malformed(detail: string): DomainError {
  return DomainError.of('signature-malformed', detail);
}

function invalid(detail: string): DomainError {
  return DomainError.of('signature-invalid', detail);
}
