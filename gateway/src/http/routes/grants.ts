import * as commands from '@kesu/chaincode';
import { consentReceiptSchema, digestSchema, frequencySchema, grantRequestSchema, grantRequestStateAt, grantSchema, GRANT_ACTIONS, idSchema, identitySchema, instantOf, instantSchema, letterSchema, reasonCodeSchema, saltSchema, signatureProofSchema, signedEnvelopeSchema, statementSchema, GRANT_REQUEST_STATES, participantIdSchema, GRANT_STATES, type ConsentReceipt, type Grant, type GrantAction } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { receiptPaper } from '../../evidence/consent-paper';
import { consentReceipt } from '../../evidence/consent-receipt';
import type { Requester } from '../../requester';
import { receiptOfGrant, statusOfGrant, submitLetterSet } from '../../use-cases/grants';
import { makeLetterSet } from '../../use-cases/letter-set';
import { derivedId } from '../../use-cases/secrets';
import { ACTORS, route, type Actor, type Call, type HttpParts, type JsonAnswer, type Route, type WrittenAnswer } from '../route';
import { isOverseer, ownFilter, seen, seesEnterprise, seesGrant, seesGrantRequest, sightOf } from '../visibility';
import { commandBody } from './command-body';
import { whileFollowing } from './log';
import { ANSWERS, answerChange, asOfSchema, entrySchema, filterOf, idParams, listRecords, ok, pageQuery, pageSchema, positionSchema, submitAs, submitAsSelf } from './shared';

const tag = 'grants';
const PARTIES: readonly Actor[] = ['enterprise', 'platform', 'recipient', 'provincialNode', 'regulator', 'auditor'];
const PREPARERS: readonly Actor[] = ['enterprise', 'platform', 'provincialNode'];

/** A letter as it is asked for. */
export const wantedLetterSchema = z
  .strictObject({
    template: z.strictObject({ id: letterSchema.shape.template.shape.id, version: z.int().min(1) }),
    platform: letterSchema.shape.platform,
    recipient: letterSchema.shape.recipient,
    items: z.array(letterSchema.shape.items.element.omit({ version: true })).min(1).max(60),
    purpose: letterSchema.shape.purpose,
    loanRef: idSchema.optional(),
    oneTime: z.boolean(),
    frequency: frequencySchema.optional(),
    range: letterSchema.shape.range,
    retentionDays: letterSchema.shape.retentionDays,
    from: instantSchema.optional(),
    until: instantSchema,
    supersedes: idSchema.optional(),
    viewDigest: digestSchema.optional(),
  })
  .meta({ description: 'A letter as it is asked for; versions, digests, conduit and salts are filled in. `from` is now unless given.' });

const keyIds = z.array(idSchema).min(1).max(4).optional().meta({ description: 'The keys that will sign, whose holders the letters name; the registry-named person\'s live key unless given' });
const letterSetBodySchema = z.union([
  z.strictObject({ enterprise: idSchema, letters: z.array(wantedLetterSchema).min(1).max(20), requestId: idSchema.optional(), keyIds }),
  z.strictObject({
    enterprise: idSchema,
    transitions: z.array(z.strictObject({ grantId: idSchema, action: z.enum(GRANT_ACTIONS), reason: reasonCodeSchema.optional() })).min(1).max(20),
    keyIds,
  }),
  z.strictObject({ enterprise: idSchema, registrations: z.array(z.strictObject({ platform: participantIdSchema })).min(1).max(20), keyIds }),
]);

const letterTextSchema = z.strictObject({ title: z.string(), text: z.string() });
const shownLetterSetSchema = z.strictObject({
  id: idSchema,
  bytes: z.string(),
  statements: z.array(statementSchema),
  letters: z.array(z.strictObject({ digest: digestSchema, grantId: idSchema.optional(), zh: letterTextSchema, en: letterTextSchema })),
  identity: identitySchema,
  identitySalt: saltSchema,
  submitBefore: instantSchema,
});

/** A signed set as it is brought. */
export const signedSetSchema = z.strictObject({ letterSetId: idSchema, signatures: z.array(signatureProofSchema).min(1).max(4) });

const statusSchema = z.strictObject({ state: z.string(), reason: z.string().optional(), at: instantSchema });
const grantAnswerSchema = z.strictObject({ record: grantSchema, status: statusSchema, position: positionSchema, claimedTime: instantSchema });
const signedSchema = z.strictObject({ statement: statementSchema, envelope: signedEnvelopeSchema, signatures: z.array(signatureProofSchema) });

function withStatus(parts: HttpParts, grant: Grant) {
  return { record: grant, status: statusOfGrant(parts, grant) };
}

function ownGrant({ parts, requester, params }: { readonly parts: HttpParts; readonly requester: Requester; readonly params: { readonly id: string } }) {
  const stored = parts.readModel.record('grant', params.id);
  seen(stored?.record, (grant) => seesGrant(requester, grant, parts.readModel));
  if (stored === undefined) throw new TypeError('seen lets nothing pass that is undefined');
  return stored;
}

const plainReceiptSchema = z.strictObject({
  grant: grantSchema,
  status: statusSchema,
  position: positionSchema,
  claimedTime: instantSchema,
  signed: signedSchema,
  identity: identitySchema.optional(),
  identitySalt: saltSchema.optional(),
  letter: z.strictObject({ zh: letterTextSchema, en: letterTextSchema }).optional(),
  asOf: asOfSchema,
});

type ReceiptCall = Pick<Call<{ id: string }, unknown, unknown>, 'parts' | 'requester' | 'params'>;

function receiptAddress({ options }: HttpParts, grantId: string): string {
  return `${options.origin}/v1/grants/${grantId}/receipt`;
}

/** The receipt with its proof, for who may see the enterprise's keys in it; undefined where there is no log to prove by, or it stopped. */
async function provenReceipt({ parts, requester, params }: ReceiptCall, enterprise: string, isNamed: boolean): Promise<ConsentReceipt | undefined> {
  const { evidenceLog, demonstration } = parts.options;
  const record = parts.readModel.record('enterprise', enterprise)?.record;
  if (evidenceLog?.publisher === undefined || evidenceLog.log.status.state === 'STOPPED') return undefined;
  if (record === undefined || !seesEnterprise(requester, record, parts.readModel)) return undefined;
  const { log, publisher } = evidenceLog;
  return whileFollowing(() => consentReceipt({ ...parts, log, publisher, demonstration: demonstration !== undefined, addressOf: (id) => receiptAddress(parts, id) }, params.id, isNamed));
}

async function plainReceipt({ parts, params }: ReceiptCall, isNamed: boolean) {
  const asOf = parts.readModel.asOf();
  const { identity, identitySalt, letter, ...metadata } = await receiptOfGrant(parts, params.id);
  return { ...metadata, ...(isNamed ? { identity, identitySalt, letter } : {}), asOf };
}

function printed(bytes: Uint8Array): WrittenAnswer {
  return {
    write: async (response) => {
      response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': bytes.length, 'cache-control': 'no-store' });
      response.end(bytes);
    },
  };
}

/** One path a transition: `POST /v1/grants/{id}/revocation` and its like. */
function transition(step: 'revocation' | 'suspension' | 'resumption', action: GrantAction, id: string): Route {
  return route({
    method: 'POST',
    path: `/v1/grants/{id}/${step}`,
    tag,
    id,
    summary: `Bring a signed ${step} of this grant`,
    description: `Make the set with \`POST /v1/letter-sets {enterprise, transitions: [{grantId, action: ${action}}]}\`; the signature is the authority, not the carrier.${step === 'suspension' ? ' After a reported loss of a key, platform or node suspend with `{keyId, reason}`.' : ''}`,
    actors: ACTORS,
    params: idParams,
    body: step === 'suspension' ? z.union([signedSetSchema, z.strictObject({ keyId: idSchema, reason: reasonCodeSchema })]) : signedSetSchema,
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, params, operation } = call;
      const body = call.body as z.infer<typeof signedSetSchema> | { keyId: string; reason: string };
      if ('keyId' in body) return suspendForLoss(call, body);
      return answerChange(await submitLetterSet(parts, requester, body, operation, { grantId: params.id, action }));
    },
  });
}

function suspendForLoss(call: Call<{ id: string }, unknown, unknown>, body: { keyId: string; reason: string }): Promise<JsonAnswer> {
  ownGrant(call);
  return submitAs(call, 'grants:suspend-for-loss', { grantId: call.params.id, ...body });
}

/** Asking for consent and the letters to sign. */
const askingRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/letter-sets',
    tag,
    id: 'makeLetterSet',
    admitted: true,
    summary: 'The exact bytes to sign and the letters to read',
    description: 'For the enterprise itself, a platform that registered it, or the node. `bytes` are what a key signs; a passkey\'s challenge is their SHA-256. The identity digest of each statement is SHA-256(identitySalt ‖ RFC 8785 form of identity): recompute it before signing.',
    actors: PREPARERS,
    body: letterSetBodySchema,
    changes: true,
    answers: { 201: { description: 'The set', schema: shownLetterSetSchema } },
    handle: async ({ parts, requester, body, operation }) => {
      seen(parts.readModel.record('enterprise', body.enterprise)?.record, (enterprise) => requester.kind === 'PARTICIPANT' && requester.role === 'provincialNode' ? true : seesEnterprise(requester, enterprise, parts.readModel));
      return { status: 201, body: await makeLetterSet(parts, body, await derivedId(parts, 'operations', 'letter-set', operation)) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/grant-requests',
    tag,
    id: 'listGrantRequests',
    summary: 'Requests for grants, newest first',
    actors: PARTIES,
    query: z.strictObject({ ...pageQuery, enterprise: idSchema.optional(), platform: participantIdSchema.optional(), state: z.enum(GRANT_REQUEST_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(grantRequestSchema)) } },
    handle: ({ parts, requester, query }) => listRecords(parts, 'grant-request', ownFilter(requester, filterOf(query, ['enterprise', 'platform', 'state']), ['enterprise', 'platform', 'recipient']), query, sightOf(requester, parts.readModel)),
  }),
  route({
    method: 'GET',
    path: '/v1/grant-requests/{id}',
    tag,
    id: 'readGrantRequest',
    summary: 'One request, with its state now',
    actors: PARTIES,
    params: idParams,
    answers: { 200: { description: 'The request', schema: z.strictObject({ record: grantRequestSchema, state: z.string(), position: positionSchema, claimedTime: instantSchema }) } },
    handle: ({ parts, requester, params }) => {
      const stored = parts.readModel.record('grant-request', params.id);
      const request = seen(stored?.record, (record) => seesGrantRequest(requester, record, parts.readModel));
      return ok({ ...stored, state: grantRequestStateAt(request, instantOf(parts.clock.now())) }, parts.readModel.asOf());
    },
  }),
  route({
    method: 'POST',
    path: '/v1/grant-requests',
    tag,
    id: 'openGrantRequest',
    summary: 'A platform asks an enterprise for a grant',
    actors: ['platform'],
    body: commandBody(commands.openGrantRequest, { id: true }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      seen(call.parts.readModel.record('enterprise', call.body.enterprise)?.record, (enterprise) => seesEnterprise(call.requester, enterprise, call.parts.readModel));
      return submitAs(call, 'grants:open-request', { ...call.body, id: await derivedId(call.parts, 'operations', 'grant-request', call.operation) }, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/grant-requests/{id}/refusal',
    tag,
    id: 'declineGrantRequest',
    summary: 'Record that the enterprise declined',
    actors: ['enterprise', 'platform', 'provincialNode'],
    params: idParams,
    body: z.strictObject({}),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, params } = call;
      seen(parts.readModel.record('grant-request', params.id)?.record, (record) => seesGrantRequest(requester, record, parts.readModel));
      return requester.kind === 'PARTICIPANT' ? submitAs(call, 'grants:decline-request', params) : submitAsSelf(call, 'grants:decline-request', params);
    },
  }),
];

/** Grants and what is signed about them. */
export const grantRoutes: readonly Route[] = [
  ...askingRoutes,
  route({
    method: 'POST',
    path: '/v1/grants',
    tag,
    id: 'submitLetterSet',
    summary: 'Bring a signed set: as many grants as letters, its transitions, or its registrations',
    description: 'Any admitted participant may bring it; what counts is the enterprise\'s signature over the bytes of the set.',
    actors: ACTORS,
    body: signedSetSchema,
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async ({ parts, requester, body, operation }) => answerChange(await submitLetterSet(parts, requester, body, operation), 201),
  }),
  route({
    method: 'GET',
    path: '/v1/grants',
    tag,
    id: 'listGrants',
    summary: 'Grants, newest first, each with its state now',
    actors: PARTIES,
    query: z.strictObject({ ...pageQuery, enterprise: idSchema.optional(), platform: participantIdSchema.optional(), recipient: participantIdSchema.optional(), state: z.enum(GRANT_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(grantAnswerSchema) } },
    handle: ({ parts, requester, query }) => {
      const filter = ownFilter(requester, filterOf(query, ['enterprise', 'platform', 'recipient', 'state']), ['enterprise', 'platform', 'recipient']);
      const { body } = listRecords(parts, 'grant', filter, query, sightOf(requester, parts.readModel)) as { body: { entries: readonly { record: Grant }[] } };
      return { status: 200, body: { ...body, entries: body.entries.map((entry) => ({ ...entry, ...withStatus(parts, entry.record) })) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/grants/{id}',
    tag,
    id: 'readGrant',
    summary: 'One grant: as written, and its state now with the reason',
    actors: PARTIES,
    params: idParams,
    answers: { 200: { description: 'The grant', schema: grantAnswerSchema } },
    handle: (call) => {
      const stored = ownGrant(call);
      return ok({ ...stored, ...withStatus(call.parts, stored.record) }, call.parts.readModel.asOf());
    },
  }),
  route({
    method: 'GET',
    path: '/v1/grants/{id}/history',
    tag,
    id: 'readGrantHistory',
    summary: 'Every transition of a grant, oldest first, with actor, signatures and position',
    actors: PARTIES,
    params: idParams,
    answers: {
      200: {
        description: 'The history',
        schema: z.strictObject({
          entries: z.array(z.strictObject({ action: z.string(), actor: z.string(), reason: z.string().optional(), record: grantSchema, signed: signedSchema.optional(), position: positionSchema, claimedTime: instantSchema })),
        }),
      },
    },
    handle: (call) => {
      ownGrant(call);
      const asOf = call.parts.readModel.asOf();
      const entries = call.parts.readModel.history('grant', call.params.id).flatMap(({ event, position, claimedTime }) => {
        if (event.kind !== 'grant') return [];
        const { kind: _kind, ...told } = event;
        return [{ ...told, position, claimedTime }];
      });
      return ok({ entries }, asOf);
    },
  }),
  transition('revocation', 'REVOKE', 'revokeGrant'),
  transition('suspension', 'SUSPEND', 'suspendGrant'),
  transition('resumption', 'RESUME', 'resumeGrant'),
  route({
    method: 'GET',
    path: '/v1/grants/{id}/receipt',
    tag,
    id: 'readGrantReceipt',
    summary: "A grant's receipt (回执): who signed what, proven by itself",
    description: 'Identity and letter are shown to the enterprise, its platform, the named recipient and the node. To the enterprise, platforms that registered it, the node and overseers it comes with its proof (docs/formats/consent-receipt.md), which `kesu verify` checks alone, where this gateway publishes the log. `?format=pdf` prints it on A4, in the language of `language` or else of `Accept-Language`.',
    actors: PARTIES,
    params: idParams,
    query: z.strictObject({ format: z.enum(['json', 'pdf']).optional(), language: z.enum(['zh', 'en']).optional() }),
    answers: { 200: { description: 'The receipt', mediaTypes: ['application/json', 'application/pdf'], schema: z.union([consentReceiptSchema, plainReceiptSchema]) } },
    handle: async (call) => {
      const { parts, requester, params, query, language } = call;
      const { enterprise } = ownGrant(call).record;
      // Auditors and regulators see metadata: names are none.
      const isNamed = !isOverseer(requester) || (requester.kind === 'PARTICIPANT' && requester.role === 'provincialNode');
      const receipt = (await provenReceipt(call, enterprise, isNamed)) ?? (await plainReceipt(call, isNamed));
      if (query.format !== 'pdf') return { status: 200, body: receipt };
      const lookup = receiptAddress(parts, params.id);
      return printed(await receiptPaper({ lookup, demonstration: parts.options.demonstration !== undefined, ...receipt }, query.language ?? language));
    },
  }),
];
