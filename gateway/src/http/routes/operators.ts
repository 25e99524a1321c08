import { digestSchema, idempotencyKeySchema, instantSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../../gateway-error';
import type { BlockSummary } from '../../read-model';
import { operationStatus } from '../../use-cases/operation';
import { requesterKey } from '../request-context';
import { ACTORS, route, type HttpParts, type Route } from '../route';
import { notFound } from '../visibility';
import { asOfSchema, idParams, ok, pageOf, pageQuery, pageQuerySchema, pageSchema } from './shared';

const blockSchema = z.strictObject({
  block: z.int(),
  hash: digestSchema,
  previousHash: z.string(),
  time: instantSchema,
  transactions: z.array(z.strictObject({ index: z.int(), txId: z.string(), transaction: z.string(), validity: z.string(), mspId: z.string(), claimedTime: instantSchema })),
});
const noticeSchema = z.looseObject({ id: z.string(), to: z.string(), kind: z.string() });

/** Blocks from the newest down; the cursor is the number of the next. */
function blocksPage({ readModel }: Pick<HttpParts, 'readModel'>, query: { readonly limit?: string | undefined; readonly cursor?: string | undefined }) {
  const asOf = readModel.asOf();
  const { limit, cursor } = pageOf(query);
  if (cursor !== undefined && !/^\d{1,12}$/.test(cursor)) throw GatewayError.of('malformed-body', 'the cursor is none of this list', { faults: [{ pointer: '/cursor', detail: 'as `next` of the page before' }] });
  const from = Math.min(asOf.block, cursor === undefined ? asOf.block : Number(cursor));
  const entries: BlockSummary[] = [];
  for (let number = from; number >= 0 && entries.length < limit; number--) {
    const block = readModel.block(number);
    if (block !== undefined) entries.push(block);
  }
  const next = from - limit;
  return ok({ entries, ...(next >= 0 ? { next: String(next) } : {}) }, asOf);
}

const READY_MILLIS = 2_000;

/** Not ready for any one of these reasons; each check is named. */
async function readiness(parts: HttpParts): Promise<{ readonly ready: boolean; readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail?: string }[] }> {
  const verify = async (name: string, act: () => unknown) => {
    try {
      await act();
      return { name, ok: true };
    } catch (error) {
      return { name, ok: false, detail: error instanceof GatewayError ? error.detail : 'it does not answer' };
    }
  };
  const checks = await Promise.all([
    verify('ledger', () => evaluateOnce(parts)),
    verify('projection', () => parts.readModel.asOf()),
    ...(parts.options.readiness ?? []).map((check) => verify(check.name, () => check.verify())),
  ]);
  return { ready: checks.every((check) => check.ok), checks };
}

/** A real evaluate of the ledger: a read of the rule book with the gateway's own identity. */
async function evaluateOnce(parts: HttpParts): Promise<void> {
  const identity = parts.identityOf(parts.self);
  if (identity === undefined) throw GatewayError.of('not-ready', 'this gateway holds no identity of its participant');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(GatewayError.of('not-ready', 'the ledger does not answer in time')), READY_MILLIS);
  });
  try {
    const { asOf } = await Promise.race([parts.ledger.evaluate(identity, 'records:read', { kind: 'rule-book', id: 'current' }), late]);
    const behind = asOf.block - parts.readModel.asOf().block;
    if (behind > MAX_LAG_BLOCKS) throw GatewayError.of('not-ready', `the projection is ${behind} blocks behind`);
  } finally {
    clearTimeout(timer);
  }
}

/** More blocks behind the ledger than this, and the projection isn't ready. */
const MAX_LAG_BLOCKS = 1_000;

const ledgerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/operations/{key}',
    tag: 'operations',
    id: 'readOperation',
    summary: 'What became of your request with this idempotency key: PENDING, DONE or CLOSED',
    actors: ACTORS,
    params: z.strictObject({ key: idempotencyKeySchema }),
    answers: { 200: { description: 'Its state', schema: z.strictObject({ state: z.enum(['PENDING', 'DONE', 'CLOSED']), releaseId: z.string().optional(), position: z.strictObject({ block: z.int(), index: z.int(), txId: z.string() }).optional() }) } },
    handle: async ({ parts, requester, params }) => {
      const asOf = parts.readModel.asOf();
      return ok(await operationStatus(parts, requester, params.key), asOf);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/blocks',
    tag: 'ledger',
    id: 'listBlocks',
    summary: 'Blocks, newest first: hashes and names of transactions, no records',
    actors: ACTORS,
    query: pageQuerySchema,
    answers: { 200: { description: 'A page', schema: pageSchema(blockSchema) } },
    handle: ({ parts, query }) => blocksPage(parts, query),
  }),
  route({
    method: 'GET',
    path: '/v1/blocks/{number}',
    tag: 'ledger',
    id: 'readBlock',
    summary: 'One block',
    actors: ACTORS,
    params: z.strictObject({ number: z.string().regex(/^(?:0|[1-9]\d{0,11})$/) }),
    answers: { 200: { description: 'The block', schema: blockSchema } },
    handle: ({ parts, params }) => {
      const asOf = parts.readModel.asOf();
      const block = parts.readModel.block(Number(params.number));
      if (block === undefined) throw notFound();
      return ok(block, asOf);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/statistics',
    tag: 'ledger',
    id: 'readStatistics',
    summary: 'Counts that follow from the ledger up to a height',
    description: '`asOf` names the block up to which the figures count, the present height unless given: the same at every later asking.',
    actors: ACTORS,
    query: z.strictObject({ asOf: z.string().regex(/^\d{1,12}$/).optional() }),
    answers: { 200: { description: 'The figures', schema: z.looseObject({ asOf: asOfSchema }) } },
    handle: ({ parts, query }) => {
      const { asOf } = query;
      return { status: 200, body: asOf === undefined ? parts.readModel.statistics() : parts.readModel.statisticsAt(Number(asOf)) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/notices',
    tag: 'notices',
    id: 'listNotices',
    summary: 'Your notices, newest first',
    actors: ACTORS,
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page', schema: pageSchema(noticeSchema) } },
    handle: async ({ parts, requester, query }) => {
      const asOf = parts.readModel.asOf();
      const page = await parts.options.notices?.list(requesterKey(requester), pageOf(query));
      return ok(page ?? { entries: [] }, asOf);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/notices/{id}/acknowledgement',
    tag: 'notices',
    id: 'acknowledgeNotice',
    summary: 'Acknowledge a notice of yours',
    actors: ACTORS,
    params: idParams,
    body: z.strictObject({}),
    changes: true,
    answers: { 200: { description: 'The notice', schema: noticeSchema } },
    handle: async ({ parts, requester, params }) => {
      const { notices } = parts.options;
      if (notices === undefined) throw notFound();
      return { status: 200, body: await notices.acknowledge(requesterKey(requester), params.id) };
    },
  }),
];

const healthSchema = z.strictObject({ ready: z.boolean(), checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string().optional() })) });

/** For operators and explorers. */
export const operatorRoutes: readonly Route[] = [
  ...ledgerRoutes,
  route({
    method: 'GET',
    path: '/healthz',
    tag: 'operators',
    id: 'readHealth',
    summary: 'The process answers',
    actors: 'PUBLIC',
    answers: { 200: { description: 'It does', schema: z.strictObject({ status: z.literal('ok') }) } },
    handle: () => ({ status: 200, body: { status: 'ok' } }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    tag: 'operators',
    id: 'readReadiness',
    summary: 'The ledger answers a real evaluate, the projection follows it',
    actors: 'PUBLIC',
    answers: { 200: { description: 'Ready', schema: healthSchema }, 503: { description: 'Not ready, and why', schema: healthSchema } },
    handle: async ({ parts }) => {
      const state = await readiness(parts);
      return { status: state.ready ? 200 : 503, body: state, ...(state.ready ? {} : { headers: { 'retry-after': '2' } }) };
    },
  }),
  route({
    method: 'GET',
    path: '/metrics',
    tag: 'operators',
    id: 'readMetrics',
    summary: 'Figures for Prometheus',
    actors: 'PUBLIC',
    answers: { 200: { description: 'Text', mediaTypes: ['text/plain'] } },
    handle: ({ parts }) => ({
      write: async (response) => {
        const text = await parts.metrics.registry.metrics();
        response.writeHead(200, { 'content-type': parts.metrics.registry.contentType, 'cache-control': 'no-store' });
        response.end(text);
      },
    }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    tag: 'operators',
    id: 'readOpenApi',
    summary: 'This document',
    actors: 'PUBLIC',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
    handle: ({ parts }) => ({ status: 200, body: parts.openApi(), headers: { 'cache-control': 'public, max-age=60' } }),
  }),
];
