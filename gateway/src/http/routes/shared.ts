import { digestSchema, idSchema, instantSchema } from '@kesu/chaincode/domain';
import type { RecordKinds } from '@kesu/chaincode/domain';
import type { Identity } from '@kesu/certs';
import type { CommandOf } from '@kesu/chaincode';
import { z } from 'zod';
import { GatewayError } from '../../gateway-error';
import type { GatewayParts } from '../../gateway-parts';
import type { AsOf, Page, PageRequest, ReadModel, RecordFilter, Stored } from '../../read-model';
import { submitChange, type ChangeName, type CommittedChange } from '../../use-cases/committed';
import { DEFAULT_PAGE, MAX_PAGE } from '../limits';
import type { Call, DescribedAnswer, HttpParts, JsonAnswer } from '../route';

/** The head that an answer from the projection is of. */
export const asOfSchema = z.strictObject({ block: z.int(), hash: digestSchema, time: instantSchema }).meta({ id: 'AsOf', description: 'The head up to which the projection has folded the ledger' });
/** Where a committed change stands. */
export const positionSchema = z.strictObject({ block: z.int(), index: z.int(), item: z.int(), txId: z.string() }).meta({ id: 'Position', description: 'Where it stands on the ledger' });
/** A committed change. */
export const changeSchema = z.strictObject({ ids: z.array(z.string()), position: positionSchema, head: asOfSchema }).meta({ id: 'CommittedChange', description: 'A change that is committed: the records it wrote and where it stands' });

/** `?limit=` and `?cursor=`. */
export const pageQuery = {
  limit: z.string().regex(/^[1-9]\d{0,2}$/).refine((text) => Number(text) <= MAX_PAGE, `at most ${MAX_PAGE}`).optional(),
  cursor: z.string().regex(/^[\x21-\x7e]{1,200}$/).optional(),
};
/** A list's query without filters. */
export const pageQuerySchema = z.strictObject(pageQuery);

/** Nothing in the query. */
export const noQuery = z.strictObject({});
/** A path with a 128-bit id. */
export const idParams = z.strictObject({ id: idSchema });
/** A path with an enterprise's ref. */
export const refParams = z.strictObject({ ref: idSchema });

/** The page that a query asks for. */
export function pageOf({ limit, cursor }: { readonly limit?: string | undefined; readonly cursor?: string | undefined }): PageRequest {
  return { limit: limit === undefined ? DEFAULT_PAGE : Number(limit), ...(cursor === undefined ? {} : { cursor }) };
}

/** A record as answered: itself, where and when it was set. */
export function storedSchema(record: z.ZodType): z.ZodType {
  return z.strictObject({ record, position: positionSchema, claimedTime: instantSchema, asOf: asOfSchema });
}

/** A page of entries as answered. */
export function pageSchema(entry: z.ZodType): z.ZodType {
  return z.strictObject({ entries: z.array(entry), next: z.string().optional(), asOf: asOfSchema });
}

/** An entry of a page of records. */
export function entrySchema(record: z.ZodType): z.ZodType {
  return z.strictObject({ record, position: positionSchema, claimedTime: instantSchema });
}

/** Described answers that many routes share. */
export const ANSWERS = {
  change: { description: 'Committed', schema: changeSchema },
} as const satisfies Readonly<Record<string, DescribedAnswer>>;

/** 200 with `asOf` of the projection as it was before the read, so that it never promises more than was read. */
export function ok(body: object, asOf: AsOf): JsonAnswer {
  return { status: 200, body: { ...body, asOf } };
}

/** A page of records. */
export function answerPage<T>({ readModel }: Pick<GatewayParts, 'readModel'>, read: () => Page<T>): JsonAnswer {
  const asOf = readModel.asOf();
  const { entries, next } = read();
  return ok({ entries, ...(next === undefined ? {} : { next }) }, asOf);
}

/** A page of records of a kind. */
export function listRecords<K extends keyof RecordKinds>(parts: Pick<GatewayParts, 'readModel'>, kind: K, filter: RecordFilter, query: { readonly limit?: string | undefined; readonly cursor?: string | undefined }, sees?: PageRequest['sees']): JsonAnswer {
  return answerPage(parts, () => parts.readModel.list(kind, filter, { ...pageOf(query), sees }));
}

/** One record that was seen already. */
export function answerRecord<T>({ readModel }: { readonly readModel: Pick<ReadModel, 'asOf'> }, stored: Stored<T>): JsonAnswer {
  return ok(stored, readModel.asOf());
}

/** A filter without the members that were not asked for. */
export function filterOf(query: Readonly<Record<string, string | undefined>>, members: readonly (keyof RecordFilter)[]): RecordFilter {
  return Object.fromEntries(members.flatMap((member) => (query[member] === undefined ? [] : [[member, query[member]]])));
}

/**
 * The wallet's identity of the participant that calls. An enterprise has none: what it does rests on its own signature.
 * @throws GatewayError not-allowed.
 */
export function callerIdentity({ parts, requester }: Pick<Call<unknown, unknown, unknown>, 'parts' | 'requester'>): Identity {
  const identity = requester.kind === 'PARTICIPANT' ? parts.identityOf(requester.id) : undefined;
  if (identity === undefined) throw GatewayError.of('not-allowed', "this gateway holds no certificate of the caller: call your own organisation's gateway");
  return identity;
}

/**
 * Submits with the gateway's own identity what an enterprise brings: its signature is the authority, or the node records its word.
 * @throws GatewayError not-ready.
 */
export async function submitAsSelf<N extends ChangeName>({ parts, operation }: Call<unknown, unknown, unknown>, transaction: N, command: Omit<CommandOf<N>, 'operation'>, status = 200): Promise<JsonAnswer> {
  const identity = parts.identityOf(parts.self);
  if (identity === undefined) throw GatewayError.of('not-ready', 'this gateway holds no identity of its participant');
  return answerChange(await submitChange(parts, identity, transaction, { ...command, operation } as CommandOf<N>), status);
}

/** Submits a command with the caller's identity and answers the committed change. */
export async function submitAs<N extends ChangeName>(call: Call<unknown, unknown, unknown>, transaction: N, command: Omit<CommandOf<N>, 'operation'>, status = 200): Promise<JsonAnswer> {
  const { parts, operation } = call;
  return answerChange(await submitChange(parts, callerIdentity(call), transaction, { ...command, operation } as CommandOf<N>), status);
}

/** A committed change as answered. */
export function answerChange(change: CommittedChange, status = 200): JsonAnswer {
  return { status, body: change };
}

/** The parts that reads need. */
export type ReadParts = Pick<HttpParts, 'readModel'>;
