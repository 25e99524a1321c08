import * as commands from '@kesu/chaincode';
import { catalogueItemSchema, idSchema, itemCodeSchema, nameSchema, participantIdSchema, policySchema, purposeRuleSchema, PURPOSES, templateSchema, TEMPLATE_STATES } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { foundedRuleBook } from '../../use-cases/facts';
import { ACTORS, route, type Route } from '../route';
import { notFound } from '../visibility';
import { commandBody } from './command-body';
import { ANSWERS, answerRecord, entrySchema, filterOf, listRecords, ok, pageQuery, pageSchema, storedSchema, submitAs } from './shared';

const tag = 'catalogue';
const itemParams = z.strictObject({ code: itemCodeSchema });
/** `PRE-LOAN@1`. */
const templateParams = z.strictObject({ id: z.string().regex(/^[A-Z][A-Z0-9_-]{1,39}@[1-9]\d{0,4}$/) });

function named({ id }: { readonly id: string }): { id: string; version: number } {
  const [name = '', version = '0'] = id.split('@');
  return { id: nameSchema.parse(name), version: Number(version) };
}

const itemRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/catalogue/items',
    tag,
    id: 'listItems',
    summary: 'The information-sharing list (清单), newest first',
    actors: ACTORS,
    query: z.strictObject({ ...pageQuery, provider: participantIdSchema.optional(), state: catalogueItemSchema.shape.state.optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(catalogueItemSchema)) } },
    handle: ({ parts, query }) => listRecords(parts, 'catalogue-item', filterOf(query, ['provider', 'state']), query),
  }),
  route({
    method: 'GET',
    path: '/v1/catalogue/items/{code}',
    tag,
    id: 'readItem',
    summary: 'One item',
    actors: ACTORS,
    params: itemParams,
    answers: { 200: { description: 'The item', schema: storedSchema(catalogueItemSchema) } },
    handle: ({ parts, params: { code } }) => {
      const stored = parts.readModel.record('catalogue-item', code);
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/catalogue/items',
    tag,
    id: 'putItems',
    summary: 'Import items or new versions of them',
    actors: ['provincialNode'],
    body: commandBody(commands.putItems, {}),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => submitAs(call, 'catalogue:put-items', call.body, 201),
  }),
  route({
    method: 'POST',
    path: '/v1/catalogue/items/{code}/state',
    tag,
    id: 'moveItem',
    summary: 'Record that an item was connected, interrupted or withdrawn',
    actors: ['provincialNode'],
    params: itemParams,
    body: commandBody(commands.moveItemTo, { code: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'catalogue:move-item', { ...call.body, ...call.params }),
  }),
  route({
    method: 'POST',
    path: '/v1/catalogue/items/{code}/requirements',
    tag,
    id: 'publishRequirements',
    summary: 'A provider publishes what letters naming its item must say',
    actors: ['provider'],
    params: itemParams,
    body: commandBody(commands.publishRequirements, { code: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'catalogue:publish-requirements', { ...call.body, ...call.params }),
  }),
  route({
    method: 'POST',
    path: '/v1/catalogue/items/{code}/no-trade-secret',
    tag,
    id: 'stateNoTradeSecret',
    summary: 'A provider states that its EXPLORATORY item contains no trade secret',
    actors: ['provider'],
    params: itemParams,
    body: commandBody(commands.stateNoTradeSecret, { code: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'catalogue:state-no-trade-secret', { ...call.body, ...call.params }),
  }),
];

const templateRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/templates',
    tag,
    id: 'listTemplates',
    summary: 'Templates of letters (授权书), newest first',
    actors: ACTORS,
    query: z.strictObject({ ...pageQuery, state: z.enum(TEMPLATE_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(templateSchema)) } },
    handle: ({ parts, query }) => listRecords(parts, 'template', filterOf(query, ['state']), query),
  }),
  route({
    method: 'GET',
    path: '/v1/templates/{id}',
    tag,
    id: 'readTemplate',
    summary: 'One template version, named `ID@version`',
    actors: ACTORS,
    params: templateParams,
    answers: { 200: { description: 'The template', schema: storedSchema(templateSchema) } },
    handle: ({ parts, params: { id } }) => {
      const stored = parts.readModel.record('template', id);
      if (stored === undefined) throw notFound();
      return answerRecord(parts, stored);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/templates',
    tag,
    id: 'draftTemplate',
    summary: 'Draft the next version of a template',
    actors: ['provincialNode'],
    body: commandBody(commands.draftTemplate, {}),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => submitAs(call, 'templates:draft', call.body, 201),
  }),
  route({
    method: 'POST',
    path: '/v1/templates/{id}/approvals',
    tag,
    id: 'approveTemplate',
    summary: 'A provider approves a template for its items',
    actors: ['provider'],
    params: templateParams,
    body: commandBody(commands.approveTemplate, { id: true, version: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'templates:approve', { ...call.body, ...named(call.params) }),
  }),
  route({
    method: 'POST',
    path: '/v1/templates/{id}/publication',
    tag,
    id: 'publishTemplate',
    summary: 'Publish a draft that every provider concerned approved',
    actors: ['provincialNode'],
    params: templateParams,
    body: z.strictObject({}),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'templates:publish', named(call.params)),
  }),
  route({
    method: 'POST',
    path: '/v1/templates/{id}/withdrawal',
    tag,
    id: 'withdrawTemplate',
    summary: 'Withdraw a version for new letters, and if said so for existing grants',
    actors: ['provincialNode'],
    params: templateParams,
    body: commandBody(commands.withdrawTemplate, { id: true, version: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'templates:withdraw', { ...call.body, ...named(call.params) }),
  }),
];

/** What may be asked for: items, templates, purposes. */
export const catalogueRoutes: readonly Route[] = [
  ...itemRoutes,
  ...templateRoutes,
  route({
    method: 'GET',
    path: '/v1/purposes',
    tag,
    id: 'listPurposes',
    summary: 'Purposes and their caps',
    actors: ACTORS,
    answers: { 200: { description: 'All six', schema: z.strictObject({ purposes: z.record(z.enum(PURPOSES), purposeRuleSchema) }) } },
    handle: ({ parts }) => ok({ purposes: foundedRuleBook(parts.readModel).purposes }, parts.readModel.asOf()),
  }),
  route({
    method: 'POST',
    path: '/v1/purposes',
    tag,
    id: 'setPurpose',
    summary: "Change a purpose's caps",
    actors: ['provincialNode'],
    body: commandBody(commands.setPurpose, {}),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'rule-book:set-purpose', call.body),
  }),
  route({
    method: 'GET',
    path: '/v1/policy',
    tag,
    id: 'readPolicy',
    summary: "The node's policy: waits, gates, origins of passkeys",
    actors: ACTORS,
    answers: { 200: { description: 'The policy in force and the network', schema: z.strictObject({ network: idSchema, node: participantIdSchema, policy: policySchema }) } },
    handle: ({ parts }) => {
      const { network, node, policy } = foundedRuleBook(parts.readModel);
      return ok({ network, node, policy }, parts.readModel.asOf());
    },
  }),
  route({
    method: 'POST',
    path: '/v1/policy',
    tag,
    id: 'setPolicy',
    summary: 'Change the policy',
    actors: ['provincialNode'],
    body: commandBody(commands.setPolicy, {}),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => submitAs(call, 'rule-book:set-policy', call.body),
  }),
];
