import * as commands from '@kesu/chaincode';
import { deletionSchema, DELETION_STATES, idSchema, instantOf, instantSchema, isOverdueAt, participantIdSchema, type Deletion } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { Stored } from '../../read-model';
import { route, type Actor, type Call, type HttpParts, type Route } from '../route';
import { notFound, ownFilter, seen, seesDeletion, seesGrant, sightOf } from '../visibility';
import { commandBody } from './command-body';
import { ANSWERS, filterOf, idParams, listRecords, ok, pageQuery, pageSchema, positionSchema, submitAs } from './shared';

const tag = 'deletions';
const PARTIES: readonly Actor[] = ['enterprise', 'platform', 'recipient', 'provincialNode', 'regulator', 'auditor'];

const shownSchema = z.strictObject({ record: deletionSchema, overdue: z.boolean().meta({ description: 'The date passed and nothing was attested' }), position: positionSchema, claimedTime: instantSchema });

function shown({ clock }: Pick<HttpParts, 'clock'>, stored: Stored<Deletion>) {
  return { ...stored, overdue: isOverdueAt(stored.record, instantOf(clock.now())) };
}

function ownDeletion({ parts, requester, params }: Pick<Call<{ id: string }, unknown, unknown>, 'parts' | 'requester' | 'params'>): Stored<Deletion> {
  const stored = parts.readModel.record('deletion', params.id);
  seen(stored?.record, (deletion) => seesDeletion(requester, deletion, parts.readModel));
  if (stored === undefined) throw notFound();
  return stored;
}

/** Deletions asked of recipients, and what they attest (删除回执). */
export const deletionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/deletions',
    tag,
    id: 'listDeletions',
    summary: 'Deletions asked of recipients, newest first',
    description: 'The node asks by itself when a grant is revoked or over, or when the retention that the letter names is over.',
    actors: PARTIES,
    query: z.strictObject({ ...pageQuery, enterprise: idSchema.optional(), platform: participantIdSchema.optional(), recipient: participantIdSchema.optional(), state: z.enum(DELETION_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(shownSchema) } },
    handle: ({ parts, requester, query }) => {
      const filter = ownFilter(requester, filterOf(query, ['enterprise', 'platform', 'recipient', 'state']), ['enterprise', 'platform', 'recipient']);
      const { body } = listRecords(parts, 'deletion', filter, query, sightOf(requester, parts.readModel)) as { body: { entries: readonly Stored<Deletion>[] } };
      return { status: 200, body: { ...body, entries: body.entries.map((entry) => shown(parts, entry)) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/deletions/{id}',
    tag,
    id: 'readDeletion',
    summary: 'One deletion: who is asked, why, until when, and what was attested',
    actors: PARTIES,
    params: idParams,
    answers: { 200: { description: 'The deletion', schema: shownSchema } },
    handle: (call) => ok(shown(call.parts, ownDeletion(call)), call.parts.readModel.asOf()),
  }),
  route({
    method: 'POST',
    path: '/v1/deletions',
    tag,
    id: 'askForDeletion',
    summary: 'Ask the recipient of a release to delete what it got under the grant, up to and including that release',
    description: 'By the node or the grant\'s platform, once the grant was revoked, its period ended or the retention is over. Due 30 days later where the grant names items about persons (个人信息保护法 art. 47).',
    actors: ['platform', 'provincialNode'],
    body: commandBody(commands.askForDeletion, {}),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, body } = call;
      const grantId = parts.readModel.release(body.releaseId)?.release.grantId;
      seen(grantId === undefined ? undefined : parts.readModel.record('grant', grantId)?.record, (grant) => seesGrant(requester, grant, parts.readModel));
      return submitAs(call, 'deletions:ask', body, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/deletions/{id}/attestation',
    tag,
    id: 'attestDeletion',
    summary: 'The recipient attests the deletion (删除回执)',
    description: '`STORAGE_ONLY`, with a reason, where a law demands keeping or deletion is technically hard: then nothing is done with the data but storing and protecting them. It proves that the recipient said so, not that it is so.',
    actors: ['recipient', 'platform'],
    params: idParams,
    body: commandBody(commands.attestDeletionOf, { id: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: async (call) => {
      ownDeletion(call);
      return submitAs(call, 'deletions:attest', { ...call.body, ...call.params });
    },
  }),
];
