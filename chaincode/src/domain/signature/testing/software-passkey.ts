import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { toLowS64 } from '../p256';
import { AUTHENTICATOR_FLAGS, type PasskeyAssertion, type PasskeyBinding } from '../passkey';

/** What an assertion of {@link softwarePasskey} does otherwise than a right one; everything else stays right, the signature included. */
export interface AssertionKnobs {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly crossOrigin?: unknown;
  /** Members behind the four that every browser writes. */
  readonly extraMembers?: Readonly<Record<string, unknown>>;
  /** The whole of clientDataJSON instead of what the other knobs make. */
  readonly clientData?: Uint8Array;
  /** Takes the text of clientDataJSON and gives the one to sign. */
  readonly editClientData?: (text: string) => string;
  /** Its SHA-256 becomes the rpIdHash. */
  readonly rpId?: string;
  readonly flags?: number;
  readonly signCount?: number;
  /** Bytes behind the 37, as extensions are. */
  readonly tail?: Uint8Array;
  /** Takes the whole of authenticatorData and gives the one to sign. */
  readonly editAuthenticatorData?: (data: Uint8Array) => Uint8Array;
  /** Takes the 64 bytes of the signature and gives the ones to send. */
  readonly editSignature?: (signature: Uint8Array) => Uint8Array;
  /** Signs with this key instead of the passkey's. */
  readonly privateKey?: KeyObject;
}

/** An authenticator and its browser in software: real keys, real assertions (WebAuthn Level 3, sections 5.8.1 and 6.3.3). */
export interface SoftwarePasskey extends PasskeyBinding {
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  /** An assertion over `bytes`, with low S. */
  assert(bytes: Uint8Array, knobs?: AssertionKnobs): PasskeyAssertion;
}

/** User present and verified: the flags of a right assertion by a passkey that stays on its device. */
export const RIGHT_FLAGS = AUTHENTICATOR_FLAGS.userPresent | AUTHENTICATOR_FLAGS.userVerified;

/** Makes a passkey for a relying party. */
export function softwarePasskey({ rpId, origin }: PasskeyBinding): SoftwarePasskey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    rpId,
    origin,
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    assert(bytes, knobs = {}) {
      const clientData = clientDataOf(bytes, origin, knobs);
      const authenticatorData = authenticatorDataOf(rpId, knobs);
      const message = Buffer.concat([authenticatorData, sha256(clientData)]);
      const right = toLowS64(sign('sha256', message, knobs.privateKey ?? pair.privateKey));
      return {
        signature: base64url(knobs.editSignature?.(right) ?? right),
        authenticatorData: base64url(authenticatorData),
        clientDataJSON: base64url(clientData),
      };
    },
  };
}

function clientDataOf(bytes: Uint8Array, origin: string, knobs: AssertionKnobs): Uint8Array {
  if (knobs.clientData !== undefined) return knobs.clientData;
  const text = JSON.stringify({
    type: knobs.type ?? 'webauthn.get',
    challenge: knobs.challenge ?? base64url(sha256(bytes)),
    origin: knobs.origin ?? origin,
    crossOrigin: 'crossOrigin' in knobs ? knobs.crossOrigin : false,
    ...knobs.extraMembers,
  });
  return Buffer.from(knobs.editClientData?.(text) ?? text, 'utf8');
}

function authenticatorDataOf(rpId: string, knobs: AssertionKnobs): Uint8Array {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(knobs.signCount ?? 0);
  const data = Buffer.concat([sha256(knobs.rpId ?? rpId), Buffer.of(knobs.flags ?? RIGHT_FLAGS), count, knobs.tail ?? Buffer.alloc(0)]);
  return knobs.editAuthenticatorData?.(data) ?? data;
}

function sha256(input: Uint8Array | string): Buffer {
  return createHash('sha256').update(input).digest();
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
