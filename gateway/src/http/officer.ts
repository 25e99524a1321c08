import { canonicalJson, DomainError, instantOf, operatorSchema, type ReleaseRequest } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Requester } from '../requester';
import { MAX_OFFICERS } from './limits';
import { loginKeyBodySchema, registerLoginKey } from './login-key';

/** An officer (办案人员、经办人员) as a participant registers one: a code, never a name, with a first key for signing in. */
export const officerBodySchema = loginKeyBodySchema.extend({ code: operatorSchema });

/** A registered officer. */
export const officerSchema = z.strictObject({ code: z.string(), registeredAt: z.string(), endedAt: z.string().optional() }).meta({ id: 'Officer' });
export type Officer = z.infer<typeof officerSchema>;

const TABLE = 'officers';

type OfficerParts = Pick<GatewayParts, 'store' | 'clock' | 'readModel' | 'random'>;

/**
 * Registers an officer of a participant, or a further login key of one. Off the ledger: a release names officers by their codes.
 * @throws DomainError state-conflict for one whose time ended, limit-exceeded; as `registerLoginKey`.
 */
export async function registerOfficer(parts: OfficerParts, participant: string, { code, ...key }: z.infer<typeof officerBodySchema>): Promise<Officer> {
  const present = await officerOf(parts, participant, code);
  if (present?.endedAt !== undefined) throw DomainError.of('state-conflict', "the officer's time ended: a code is never given twice");
  if (present === undefined && (await officersOf(parts, participant)).length >= MAX_OFFICERS) throw DomainError.of('limit-exceeded', `a participant can have had at most ${MAX_OFFICERS} officers`);
  await registerLoginKey(parts, { participant, officer: code }, key, participant, participant);
  const officer: Officer = present ?? { code, registeredAt: instantOf(parts.clock.now()) };
  if (present === undefined) await keep(parts, participant, officer);
  return officer;
}

/** Ends an officer's time: nobody signs in as that officer or names it any more. @throws GatewayError not-found. */
export async function endOfficer(parts: OfficerParts, participant: string, code: string): Promise<Officer> {
  const present = await officerOf(parts, participant, code);
  if (present === undefined) throw GatewayError.of('not-found', 'there is no such officer');
  const ended: Officer = { ...present, endedAt: present.endedAt ?? instantOf(parts.clock.now()) };
  await keep(parts, participant, ended);
  return ended;
}

/** The officer of that code; undefined when the participant registered none. */
export async function officerOf({ store }: Pick<GatewayParts, 'store'>, participant: string, code: string): Promise<Officer | undefined> {
  const stored = await store.get(TABLE, `${participant}/${code}`);
  return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as Officer);
}

/** Every officer that the participant registered, by code. */
export async function officersOf({ store }: Pick<GatewayParts, 'store'>, participant: string): Promise<readonly Officer[]> {
  const officers: Officer[] = [];
  const prefix = `${participant}/`;
  for await (const { key, value } of store.entries(TABLE, { gt: prefix })) {
    if (!key.startsWith(prefix)) break;
    officers.push(JSON.parse(value.toString('utf8')) as Officer);
  }
  return officers;
}

/** Officers of every participant whose time ended, as `participant/code`. */
export async function endedOfficers({ store }: Pick<GatewayParts, 'store'>): Promise<readonly string[]> {
  const ended: string[] = [];
  for await (const { key, value } of store.entries(TABLE)) if ((JSON.parse(value.toString('utf8')) as Officer).endedAt !== undefined) ended.push(key);
  return ended;
}

function keep({ store }: OfficerParts, participant: string, officer: Officer): Promise<void> {
  return store.commit([{ table: TABLE, key: `${participant}/${officer.code}`, value: Buffer.from(canonicalJson(officer), 'utf8') }]);
}

/**
 * Refuses a request whose officers are not those of who asks: a query by law names two registered ones, and who is signed in is one
 * of them, or the operator.
 * @throws GatewayError malformed-body naming the member.
 */
export async function assertOfficers(parts: OfficerParts, requester: Requester, { statutory, operator }: Pick<ReleaseRequest, 'statutory' | 'operator'>): Promise<void> {
  if (requester.kind !== 'PARTICIPANT') return;
  const { id, officer } = requester;
  if (officer !== undefined && operator !== undefined && operator !== officer) throw wrong('/operator', 'the operator is the officer who is signed in');
  if (statutory === undefined) return;
  await assertRegistered(parts, id, statutory.officers);
  if (officer !== undefined && !statutory.officers.includes(officer)) throw wrong('/statutory/officers', 'who is signed in is one of the two officers');
}

async function assertRegistered(parts: OfficerParts, authority: string, codes: readonly string[]): Promise<void> {
  for (const [index, code] of codes.entries()) {
    const named = await officerOf(parts, authority, code);
    if (named === undefined || named.endedAt !== undefined) throw wrong(`/statutory/officers/${index}`, 'is no officer whom the authority registered (POST /v1/participants/{id}/officers)');
  }
}

function wrong(pointer: string, detail: string): GatewayError {
  return GatewayError.of('malformed-body', `the officers of the request are not the authority's: ${detail}`, { faults: [{ pointer, detail }] });
}
