import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { CLOCK_LEAD_MILLIS, fromBase64url, PARTICIPANT_ROLES } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { Requester } from '../requester';
import { TOKEN_MILLIS } from './limits';

/** The one header of our tokens: it is compared, never read, so that nothing in a token chooses an algorithm. */
const HEADER = Buffer.from('{"alg":"EdDSA","typ":"at+jwt"}', 'utf8').toString('base64url');
const MAX_TOKEN_CHARACTERS = 2_048;
const SIGNATURE_CHARACTERS = 86;
/** PKCS #8 of an Ed25519 key up to its 32 bytes (RFC 8410). */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const claimsSchema = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
  kind: z.enum(['PARTICIPANT', 'ENTERPRISE']),
  role: z.enum(PARTICIPANT_ROLES).optional(),
  officer: z.string().optional(),
  loginKey: z.string().optional(),
});

/** What tokens are made and verified with. */
export interface TokenKey {
  /** This gateway's origin: issuer and audience. */
  readonly origin: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The gateway's own Ed25519 key. @param seed 32 secret bytes of the private journal. */
export function tokenKeyOf(origin: string, seed: Uint8Array): TokenKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([ED25519_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return { origin, privateKey, publicKey: createPublicKey(privateKey) };
}

/** A new access token. @param jti a random id. @param now epoch milliseconds. */
export function issueToken({ origin, privateKey }: TokenKey, requester: Requester, jti: string, now: number): string {
  const iat = Math.floor(now / 1000);
  const subject = requester.kind === 'PARTICIPANT' ? { sub: requester.id, kind: requester.kind, role: requester.role, ...(requester.officer === undefined ? {} : { officer: requester.officer }) } : { sub: requester.ref, kind: requester.kind, ...(requester.loginKey === undefined ? {} : { loginKey: requester.loginKey }) };
  const claims = Buffer.from(JSON.stringify({ iss: origin, aud: origin, iat, exp: iat + TOKEN_MILLIS / 1000, jti, ...subject }), 'utf8').toString('base64url');
  const signed = `${HEADER}.${claims}`;
  return `${signed}.${sign(null, Buffer.from(signed, 'ascii'), privateKey).toString('base64url')}`;
}

/** Who a token stands for and until when (epoch milliseconds); undefined when it isn't one of ours in force. */
export function verifyToken({ origin, publicKey }: TokenKey, token: string, now: number): { readonly requester: Requester; readonly until: number } | undefined {
  const payload = signedPayload(publicKey, token);
  const claims = payload === undefined ? undefined : claimsSchema.safeParse(JSON.parse(payload)).data;
  if (claims === undefined || claims.iss !== origin || claims.aud !== origin || !isInTime(claims, now)) return undefined;
  const requester = requesterOf(claims);
  return requester === undefined ? undefined : { requester, until: claims.exp * 1000 };
}

/** The payload's text when the token has our one header and our signature. */
function signedPayload(publicKey: KeyObject, token: string): string | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
  const [header, payload, signature, ...more] = token.split('.');
  if (header !== HEADER || payload === undefined || signature?.length !== SIGNATURE_CHARACTERS || more.length > 0) return undefined;
  const bytes = fromBase64url(signature);
  if (bytes === undefined || !verify(null, Buffer.from(`${header}.${payload}`, 'utf8'), publicKey, bytes)) return undefined;
  return Buffer.from(payload, 'base64url').toString('utf8');
}

function isInTime({ exp, iat }: z.infer<typeof claimsSchema>, now: number): boolean {
  return now < exp * 1000 && now >= iat * 1000 - CLOCK_LEAD_MILLIS;
}

function requesterOf({ kind, sub, role, officer, loginKey }: z.infer<typeof claimsSchema>): Requester | undefined {
  if (kind === 'ENTERPRISE') return { kind, ref: sub, ...(loginKey === undefined ? {} : { loginKey }) };
  return role === undefined ? undefined : { kind, id: sub, role, demonstration: false, ...(officer === undefined ? {} : { officer }) };
}
