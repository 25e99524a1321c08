import { verifyP256WithNode } from '@kesu/chaincode';
import { assertDeviceBound, assertP256Signature, assertPasskeyAssertion, canonicalJson, DomainError, fromBase64url, instantOf, SIGNATURE_BYTES, toBase64url, utf8ToBytes, sha256, signatureProofSchema, idSchema, operatorSchema, participantIdSchema } from '@kesu/chaincode/domain';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Requester } from '../requester';
import { CHALLENGE_MILLIS, MAX_CHALLENGES } from './limits';
import { holderKey, isSigningKey, loginKeys, type LoginHolder, type LoginKey } from './login-key';
import { officerOf } from './officer';

/** What signing in begins with. */
export const challengeBodySchema = z.union([z.strictObject({ enterprise: idSchema }), z.strictObject({ participant: participantIdSchema, officer: operatorSchema })]);
/** The answer to a challenge: a signature by a login key, or a passkey's assertion. */
export const sessionBodySchema = z.union([
  signatureProofSchema.extend({ enterprise: idSchema, challengeId: idSchema }),
  signatureProofSchema.extend({ participant: participantIdSchema, officer: operatorSchema, challengeId: idSchema }),
]);

/** A challenge as it is answered. */
export const challengeAnswerSchema = z.strictObject({
  challengeId: idSchema,
  bytes: z.string().meta({ description: 'base64url: the bytes that a key signs (P-256, 64-byte r‖s)' }),
  challenge: z.string().meta({ description: 'base64url of SHA-256 of the bytes: the challenge of a passkey' }),
  rpId: z.string(),
  origin: z.string(),
  until: z.string(),
});

interface Waiting {
  /** See `holderKey`. */
  readonly holder: string;
  readonly bytes: Uint8Array;
  readonly until: number;
}

type SessionParts = Pick<GatewayParts, 'store' | 'clock' | 'random' | 'readModel'>;

/** Signing in of enterprises and officers: challenges live in memory, are short and are used once. */
export class Sessions {
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    private readonly parts: SessionParts,
    private readonly origin: string,
    private readonly rpId: string,
  ) {}

  /** A challenge; the same form for who exists and who doesn't. */
  challenge(holder: LoginHolder): z.infer<typeof challengeAnswerSchema> {
    const { clock, random } = this.parts;
    const challengeId = Buffer.from(random(16)).toString('hex');
    const until = clock.now() + CHALLENGE_MILLIS;
    const bytes = utf8ToBytes(canonicalJson({ type: 'kesu-session', origin: this.origin, ...holder, nonce: toBase64url(random(32)), until: instantOf(until) }));
    const oldest = this.#waiting.keys().next();
    if (this.#waiting.size >= MAX_CHALLENGES && oldest.done !== true) this.#waiting.delete(oldest.value);
    this.#waiting.set(challengeId, { holder: holderKey(holder), bytes, until });
    return { challengeId, bytes: toBase64url(bytes), challenge: toBase64url(sha256(bytes)), rpId: this.rpId, origin: this.origin, until: instantOf(until) };
  }

  /**
   * Who answered a challenge. A challenge is used up by its first answer, right or wrong.
   * @throws GatewayError unauthenticated, the same for every reason.
   */
  async signIn(answer: z.infer<typeof sessionBodySchema>): Promise<Requester> {
    const waiting = this.#waiting.get(answer.challengeId);
    this.#waiting.delete(answer.challengeId);
    const holder = holderOf(answer);
    const key = (await loginKeys(this.parts, holder)).find((one) => one.keyId === answer.keyId && one.confirmedBy !== undefined && one.endedAt === undefined);
    const inTime = waiting !== undefined && waiting.holder === holderKey(holder) && this.parts.clock.now() < waiting.until;
    const requester = key === undefined ? undefined : await requesterOf(this.parts, holder, key.keyId);
    if (!inTime || key === undefined || requester === undefined || !(await isAnswered(key, waiting.bytes, answer))) throw GatewayError.of('unauthenticated', 'the challenge is unknown, used or over, or its answer does not verify with a login key');
    return requester;
  }
}

function holderOf(answer: z.infer<typeof sessionBodySchema>): LoginHolder {
  return 'enterprise' in answer ? { enterprise: answer.enterprise } : { participant: answer.participant, officer: answer.officer };
}

/** Who signs in with the key, while they may: a signing key is none, an officer's time has not ended, a participant has not exited. */
async function requesterOf(parts: SessionParts, holder: LoginHolder, keyId: string): Promise<Requester | undefined> {
  if ('enterprise' in holder) return isSigningKey(parts, holder.enterprise, keyId) ? undefined : { kind: 'ENTERPRISE', ref: holder.enterprise, loginKey: keyId };
  const participant = parts.readModel.record('participant', holder.participant)?.record;
  const officer = await officerOf(parts, holder.participant, holder.officer);
  if (participant === undefined || participant.state === 'EXITED' || officer === undefined || officer.endedAt !== undefined) return undefined;
  return { kind: 'PARTICIPANT', id: participant.id, role: participant.role, demonstration: false, officer: holder.officer };
}

async function isAnswered(key: LoginKey, bytes: Uint8Array, answer: z.infer<typeof sessionBodySchema>): Promise<boolean> {
  const { signature, authenticatorData, clientDataJSON } = answer;
  try {
    if (key.passkey === undefined) {
      if (authenticatorData !== undefined || clientDataJSON !== undefined) return false;
      assertP256Signature(key.publicKey, bytes, signature, verifyP256WithNode);
      return true;
    }
    if (authenticatorData === undefined || clientDataJSON === undefined) return false;
    const assertion = { signature, authenticatorData, clientDataJSON };
    // Ours is the last word: the library accepts a doubled challenge and a byte behind the signature.
    assertPasskeyAssertion(key.publicKey, key.passkey, bytes, assertion, verifyP256WithNode);
    if (key.means === 'DEVICE_PASSKEY') assertDeviceBound(authenticatorData);
    return await isWebAuthn(key, key.passkey, bytes, assertion);
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

async function isWebAuthn(key: LoginKey, { origin, rpId }: NonNullable<LoginKey['passkey']>, bytes: Uint8Array, { signature, authenticatorData, clientDataJSON }: { signature: string; authenticatorData: string; clientDataJSON: string }): Promise<boolean> {
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { id: toBase64url(utf8ToBytes(key.keyId)), rawId: toBase64url(utf8ToBytes(key.keyId)), type: 'public-key', clientExtensionResults: {}, response: { authenticatorData, clientDataJSON, signature: toBase64url(derOf(signature)) } },
      expectedChallenge: toBase64url(sha256(bytes)),
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      // The sign count is ignored: synchronised passkeys leave it at 0.
      credential: { id: toBase64url(utf8ToBytes(key.keyId)), publicKey: coseOf(key.publicKey), counter: 0 },
    });
    return verified;
  } catch {
    return false;
  }
}

/** ECDSA-Sig-Value of a 64-byte signature. */
function derOf(signature: string): Uint8Array {
  const bytes = fromBase64url(signature) ?? new Uint8Array(SIGNATURE_BYTES);
  const integer = (part: Uint8Array): number[] => {
    const digits = [...part].slice(Math.max(0, part.findIndex((byte) => byte !== 0)));
    const positive = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits;
    return [2, positive.length, ...positive];
  };
  const body = [...integer(bytes.subarray(0, 32)), ...integer(bytes.subarray(32))];
  return new Uint8Array([0x30, body.length, ...body]);
}

/** COSE_Key of a P-256 key (RFC 9053, section 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
function coseOf(publicKey: string): Uint8Array<ArrayBuffer> {
  const point = p256Point(publicKey);
  return new Uint8Array([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, ...point.subarray(0, 32), 0x22, 0x58, 0x20, ...point.subarray(32)]);
}

/** x ‖ y: the last 64 bytes of the one SPKI form that registration takes. */
function p256Point(publicKey: string): Uint8Array {
  return (fromBase64url(publicKey) ?? new Uint8Array(64)).slice(-64);
}
