import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { AUTHENTICATOR_FLAGS, toBase64url, toLowS64, type PasskeyAssertion, type PasskeyBinding } from '@kesu/chaincode/domain';

/** What an assertion does otherwise than a right one; the signature stays right over what was made. */
export interface LoginKnobs {
  readonly clientData?: Readonly<Record<string, unknown>>;
  /** Takes the bytes of clientDataJSON and gives those to sign. */
  readonly editClientData?: (bytes: Buffer) => Buffer;
  readonly rpId?: string;
  readonly flags?: number;
  readonly editAuthenticatorData?: (bytes: Buffer) => Buffer;
  readonly editSignature?: (signature: Uint8Array) => Uint8Array;
}

/** An authenticator with its browser, in software. */
export interface LoginPasskey {
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  /** An assertion whose challenge is SHA-256 of `bytes`. */
  assert(bytes: Uint8Array, knobs?: LoginKnobs): PasskeyAssertion;
}

/** Makes a passkey for signing in. */
export function aLoginPasskey({ origin, rpId }: PasskeyBinding): LoginPasskey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    assert: (bytes, knobs = {}) => {
      const written = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge: sha256(bytes).toString('base64url'), origin, crossOrigin: false, ...knobs.clientData }));
      const clientData = knobs.editClientData?.(written) ?? written;
      const right = Buffer.concat([sha256(knobs.rpId ?? rpId), Buffer.of(knobs.flags ?? (AUTHENTICATOR_FLAGS.userPresent | AUTHENTICATOR_FLAGS.userVerified)), Buffer.alloc(4)]);
      const authenticatorData = knobs.editAuthenticatorData?.(right) ?? right;
      const signature = toLowS64(sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), pair.privateKey));
      return { signature: toBase64url(knobs.editSignature?.(signature) ?? signature), authenticatorData: toBase64url(authenticatorData), clientDataJSON: toBase64url(clientData) };
    },
  };
}

function sha256(input: string | Uint8Array): Buffer {
  return createHash('sha256').update(input).digest();
}
