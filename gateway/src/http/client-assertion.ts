import { createPublicKey } from 'node:crypto';
import { doubledMember, fromBase64url, instantOf, participantKeyAt, type Participant, type ParticipantKey } from '@kesu/chaincode/domain';
import { importSPKI, jwtVerify } from 'jose';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { MAX_ASSERTION_MILLIS } from './limits';

/** The `client_assertion_type` of RFC 7523. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const USED = 'client-assertions';
const CLOCK_TOLERANCE_SECONDS = 30;
/** Header members that a client assertion may have; a key or an address of one is never taken from it. */
const HEADER_MEMBERS = ['alg', 'kid', 'typ'];

type AssertionParts = Pick<GatewayParts, 'store' | 'clock' | 'readModel'>;

/**
 * The participant that signed a client assertion (RFC 7523, private_key_jwt): ES256 by one of its registered keys, audience the
 * token endpoint, at most 5 minutes long, its `jti` used once.
 * @throws GatewayError unauthenticated, with a sentence for the client and nothing about which participants exist.
 */
export async function participantOfAssertion(parts: AssertionParts, assertion: string, audience: string): Promise<Participant> {
  const { header, claims } = decodeStrictly(assertion);
  const client = claims['iss'];
  const participant = typeof client === 'string' ? parts.readModel.record('participant', client)?.record : undefined;
  if (participant === undefined || participant.state === 'EXITED') throw refused('the assertion is not one of a listed participant');
  const now = parts.clock.now();
  const keys = keysFor(participant, header['kid'], now);
  const verified = await firstVerified(keys, assertion, { audience, client: participant.id, now });
  if (verified === undefined) throw refused('the assertion does not verify with a registered key: ES256, iss and sub the participant, aud the token endpoint');
  const { exp, jti } = verified;
  if (exp * 1000 > now + MAX_ASSERTION_MILLIS + CLOCK_TOLERANCE_SECONDS * 1000) throw refused('exp lies more than 5 minutes ahead');
  await useOnce(parts, `${participant.id}/${jti}`, exp * 1000);
  return participant;
}

/** Both parts of the token that are JSON, each without a member twice and in the one form of base64url. */
function decodeStrictly(assertion: string): { readonly header: Readonly<Record<string, unknown>>; readonly claims: Readonly<Record<string, unknown>> } {
  const segments = assertion.split('.');
  if (segments.length !== 3 || assertion.length > 8_192) throw refused('the assertion is no compact JWS');
  const [header, claims] = segments.slice(0, 2).map(objectOf) as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  if (header['alg'] !== 'ES256') throw refused('the algorithm must be ES256');
  const foreign = Object.keys(header).find((member) => !HEADER_MEMBERS.includes(member));
  if (foreign !== undefined) throw refused('the header may hold alg, kid and typ only');
  return { header, claims };
}

function objectOf(segment: string): Readonly<Record<string, unknown>> {
  const bytes = fromBase64url(segment);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes ?? new Uint8Array());
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && doubledMember(text) === undefined) return value as Record<string, unknown>;
  } catch {
    // Said below, once for all forms.
  }
  throw refused('header and claims must be JSON objects without a member twice, in base64url without padding');
}

function keysFor(participant: Participant, keyId: unknown, now: number): readonly ParticipantKey[] {
  const at = instantOf(now);
  return participant.keys.filter((key) => (keyId === undefined || key.keyId === keyId) && participantKeyAt(participant, key.keyId, at) !== undefined);
}

async function firstVerified(keys: readonly ParticipantKey[], assertion: string, { audience, client, now }: { audience: string; client: string; now: number }): Promise<{ exp: number; jti: string } | undefined> {
  for (const key of keys) {
    const pem = createPublicKey({ key: Buffer.from(key.publicKey, 'base64url'), format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' }).toString();
    try {
      const { payload } = await jwtVerify(assertion, await importSPKI(pem, 'ES256'), {
        algorithms: ['ES256'],
        audience,
        issuer: client,
        subject: client,
        requiredClaims: ['exp', 'jti'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
      });
      const { exp, jti, aud } = payload;
      if (typeof exp === 'number' && typeof jti === 'string' && /^[\x21-\x7e]{8,128}$/.test(jti) && typeof aud === 'string') return { exp, jti };
    } catch {
      continue;
    }
  }
  return undefined;
}

/** In the journal, so that a restart lets no assertion in twice; what has expired is deleted on the way. */
async function useOnce({ store, clock }: AssertionParts, key: string, until: number): Promise<void> {
  if (inUse.has(key) || (await store.get(USED, key)) !== undefined) throw refused('the assertion was used before');
  inUse.add(key);
  try {
    const expired = [];
    for await (const entry of store.entries(USED, { limit: 100 })) {
      if (Number(entry.value.toString('utf8')) + CLOCK_TOLERANCE_SECONDS * 1000 < clock.now()) expired.push({ table: USED, key: entry.key });
    }
    await store.commit([...expired, { table: USED, key, value: Buffer.from(String(until), 'utf8') }]);
  } finally {
    inUse.delete(key);
  }
}

/** Assertions on their way into the journal: two requests at once must not both find it unused. */
const inUse = new Set<string>();

function refused(detail: string): GatewayError {
  return GatewayError.of('unauthenticated', detail);
}
