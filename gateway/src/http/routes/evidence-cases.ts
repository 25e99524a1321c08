import * as commands from '@kesu/chaincode';
import type { CommandOf, TransactionName } from '@kesu/chaincode';
import {
  CASE_KIND_WORDS,
  CASE_KINDS,
  CASE_STATE_WORDS,
  CASE_STATES,
  digestSchema,
  evidenceCaseSchema,
  evidenceVolumeSchema,
  fenSchema,
  idSchema,
  LODGED_NOT_NOTARIZED,
  nextStates,
  packageDigest,
  participantIdSchema,
  volumeDigest,
  volumeIdOf,
  type EvidenceCase,
} from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { Stored } from '../../read-model';
import { findingsOn, volumesOf } from '../../use-cases/case-findings';
import { foundedRuleBook } from '../../use-cases/facts';
import { derivedId } from '../../use-cases/secrets';
import { route, type Actor, type Call, type Route } from '../route';
import { notFound, ownFilter, seen, seesCase, seesEnterprise, sightOf } from '../visibility';
import { commandBody } from './command-body';
import { ANSWERS, asOfSchema, entrySchema, filterOf, idParams, listRecords, ok, pageQuery, pageSchema, storedSchema, submitAs } from './shared';

const tag = 'evidence cases';
const PARTIES: readonly Actor[] = ['recipient', 'platform'];
const SIDES: readonly Actor[] = [...PARTIES, 'notary', 'arbitrator', 'court'];
const READERS: readonly Actor[] = ['enterprise', ...SIDES, 'provincialNode', 'regulator', 'auditor'];

const wordsSchema = z.strictObject({ zh: z.string(), en: z.string() });
const shownCaseSchema = z.strictObject({
  ...(storedSchema(evidenceCaseSchema) as z.ZodObject).shape,
  /** What may follow. */
  next: z.array(z.enum(CASE_STATES)),
  words: z.strictObject({ kind: wordsSchema, state: wordsSchema }),
  /** SHA-256 over the sealed volumes: what a hand-over states. */
  packageDigest: digestSchema,
  nature: wordsSchema,
});
const conditionSchema = z.strictObject({ id: z.string(), zh: z.string(), en: z.string(), articles: z.string(), holds: z.boolean() });
const sumSchema = z.looseObject({ on: z.string(), totalFen: fenSchema }).meta({ description: 'What is owed today in fen, each repayment with its source and allocation (docs/formats/evidence-case.md)' });
const findingsSchema = z.strictObject({ deed: z.array(conditionSchema), enforcement: z.strictObject({ conditions: z.array(conditionSchema), sum: sumSchema.optional() }), nature: wordsSchema, asOf: asOfSchema });
const shownVolumeSchema = z.strictObject({ record: evidenceVolumeSchema, digest: digestSchema.meta({ description: 'What sealing it would fix, or fixed' }), asOf: asOfSchema });
const volumeParams = z.strictObject({ id: idSchema, n: z.string().regex(/^[1-9]\d{0,2}$/) });

/** The case, if the requester may see it. @throws GatewayError not-found. */
export function seenCase({ parts, requester }: Pick<Call<unknown, unknown, unknown>, 'parts' | 'requester'>, id: string): Stored<EvidenceCase> {
  const stored = parts.readModel.record('evidence-case', id);
  seen(stored?.record, (evidenceCase) => seesCase(requester, evidenceCase, parts.readModel));
  if (stored === undefined) throw notFound();
  return stored;
}

function shownCase({ parts }: Pick<Call<unknown, unknown, unknown>, 'parts'>, stored: Stored<EvidenceCase>) {
  const asOf = parts.readModel.asOf();
  const { kind, state } = stored.record;
  const { network } = foundedRuleBook(parts.readModel);
  return ok({ ...stored, next: nextStates(kind, state), words: { kind: CASE_KIND_WORDS[kind], state: CASE_STATE_WORDS[state] }, packageDigest: packageDigest(network, stored.record), nature: LODGED_NOT_NOTARIZED }, asOf);
}

function shownVolume(call: Pick<Call<unknown, unknown, unknown>, 'parts' | 'requester'>, id: string, n: number) {
  const asOf = call.parts.readModel.asOf();
  seenCase(call, id);
  const record = call.parts.readModel.record('evidence-volume', volumeIdOf(id, n))?.record;
  if (record === undefined) throw notFound();
  return ok({ record, digest: volumeDigest(foundedRuleBook(call.parts.readModel).network, record) }, asOf);
}

const reads: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/evidence-cases',
    tag,
    id: 'listEvidenceCases',
    summary: 'Cases of evidence, newest first',
    actors: READERS,
    query: z.strictObject({ ...pageQuery, enterprise: idSchema.optional(), platform: participantIdSchema.optional(), recipient: participantIdSchema.optional(), authority: participantIdSchema.optional(), state: z.enum(CASE_STATES).optional() }),
    answers: { 200: { description: 'A page', schema: pageSchema(entrySchema(evidenceCaseSchema)) } },
    handle: ({ parts, requester, query }) =>
      listRecords(parts, 'evidence-case', ownFilter(requester, filterOf(query, ['enterprise', 'platform', 'recipient', 'authority', 'state']), ['enterprise', 'platform', 'recipient', 'authority']), query, sightOf(requester, parts.readModel)),
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}',
    tag,
    id: 'readEvidenceCase',
    summary: 'One case, what may follow, and what the record is not: a notarization',
    actors: READERS,
    params: idParams,
    answers: { 200: { description: 'The case', schema: shownCaseSchema } },
    handle: (call) => shownCase(call, seenCase(call, call.params.id)),
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/conditions',
    tag,
    id: 'readCaseConditions',
    summary: 'The legal conditions of deed and certificate one by one, and the sum owed today',
    description: 'Of an enforceable debt. Advice from the projection; the ledger looks again when deed or certificate are recorded.',
    actors: READERS,
    params: idParams,
    answers: { 200: { description: 'Each condition with its article', schema: findingsSchema } },
    handle: (call) => {
      const asOf = call.parts.readModel.asOf();
      const findings = findingsOn(call.parts, seenCase(call, call.params.id).record);
      if (findings === undefined) throw notFound();
      const { deed, enforcement } = findings;
      return ok({ deed, enforcement: { conditions: enforcement.conditions, ...(enforcement.sum === undefined ? {} : { sum: enforcement.sum }) }, nature: LODGED_NOT_NOTARIZED }, asOf);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/volumes',
    tag,
    id: 'listCaseVolumes',
    summary: 'The volumes (卷) of a case with their items, in order',
    actors: READERS,
    params: idParams,
    answers: { 200: { description: 'Every volume', schema: z.strictObject({ entries: z.array(evidenceVolumeSchema), asOf: asOfSchema }) } },
    handle: (call) => {
      const asOf = call.parts.readModel.asOf();
      return ok({ entries: volumesOf(call.parts, seenCase(call, call.params.id).record) }, asOf);
    },
  }),
  ...(['', '/items'] as const).map((suffix) =>
    route({
      method: 'GET',
      path: `/v1/evidence-cases/{id}/volumes/{n}${suffix}`,
      tag,
      id: suffix === '' ? 'readCaseVolume' : 'readCaseVolumeItems',
      summary: 'One volume with its items and the digest of what it holds',
      actors: READERS,
      params: volumeParams,
      answers: { 200: { description: 'The volume', schema: shownVolumeSchema } },
      handle: (call) => shownVolume(call, call.params.id, Number(call.params.n)),
    }),
  ),
];

const openings: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/evidence-cases',
    tag,
    id: 'openEvidenceCase',
    summary: 'A party opens a case',
    description: 'Kinds: ' + CASE_KINDS.map((kind) => `${kind} ${CASE_KIND_WORDS[kind].zh}`).join(', ') + '. A record on the ledger is 存证, never 公证. No name, code or number of anyone: digests, amounts in fen, codes.',
    actors: PARTIES,
    body: commandBody(commands.openCase, { id: true }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, body, operation } = call;
      if (requester.kind === 'PARTICIPANT' && requester.role === 'platform') seen(parts.readModel.record('enterprise', body.enterprise)?.record, (enterprise) => seesEnterprise(requester, enterprise, parts.readModel));
      return submitAs(call, 'evidence:open', { ...body, id: await derivedId(parts, 'operations', 'evidence-case', operation) }, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/volumes',
    tag,
    id: 'openCaseVolume',
    summary: "Open a volume of the caller's side; its number follows the last one's",
    actors: SIDES,
    params: idParams,
    body: commandBody(commands.openVolume, { id: true }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => {
      seenCase(call, call.params.id);
      return submitAs(call, 'evidence:open-volume', { ...call.body, id: call.params.id }, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/volumes/{n}/items',
    tag,
    id: 'addCaseItems',
    summary: 'Put items into an open volume: files by digest and provenance, records of the ledger by reference',
    actors: SIDES,
    params: volumeParams,
    body: commandBody(commands.addEvidenceItems, { id: true, volume: true }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: (call) => {
      seenCase(call, call.params.id);
      return submitAs(call, 'evidence:add-items', { ...call.body, id: call.params.id, volume: Number(call.params.n) }, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/volumes/{n}/seal',
    tag,
    id: 'sealCaseVolume',
    summary: 'Seal a volume by the digest of what was seen: it never changes after',
    actors: SIDES,
    params: volumeParams,
    body: commandBody(commands.sealEvidenceVolume, { id: true, volume: true }),
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => {
      seenCase(call, call.params.id);
      return submitAs(call, 'evidence:seal-volume', { ...call.body, id: call.params.id, volume: Number(call.params.n) });
    },
  }),
];

type CaseTransaction = Extract<TransactionName, `evidence:${string}` | `notarization:${string}` | `proceedings:${string}`>;
type Step = readonly [path: string, id: string, summary: string, actors: readonly Actor[], body: z.ZodObject, transaction: CaseTransaction];

const NOTARY: readonly Actor[] = ['notary'];
const about = { id: true } as const;

/** One path a transition. */
const STEPS: readonly Step[] = [
  ['terms', 'setDebtTerms', 'State what is owed, how and when, until the deed is issued', PARTIES, commandBody(commands.setDebtTerms, about), 'evidence:set-terms'],
  ['acceptance', 'acceptCase', 'The notary accepts (受理)', NOTARY, commandBody(commands.acceptCase, about), 'notarization:accept'],
  ['rejection', 'rejectCase', 'The notary rejects (不予办理)', NOTARY, commandBody(commands.rejectCase, about), 'notarization:reject'],
  ['certificate', 'issueDeed', 'The notary issued a deed (出具公证书): of an enforceable debt when every condition holds', NOTARY, commandBody(commands.notarizeCase, about), 'notarization:issue-deed'],
  ['discharge', 'dischargeCase', 'The debt was paid (已清偿)', [...PARTIES, 'notary'], commandBody(commands.dischargeCase, about), 'notarization:discharge'],
  ['enforcement-request', 'requestEnforcement', 'After default: ask for a certificate of enforcement', PARTIES, commandBody(commands.requestEnforcement, about), 'notarization:request-enforcement'],
  ['verification', 'verifyPerformance', 'The notary verifies in the agreed way (核实)', NOTARY, commandBody(commands.verifyPerformance, about), 'notarization:verify'],
  ['enforcement-certificate', 'certifyEnforcement', 'The notary issued a certificate of enforcement (出具执行证书) over the sum that the ledger computes', NOTARY, commandBody(commands.certifyEnforcement, about), 'notarization:certify-enforcement'],
  ['enforcement-filing', 'fileEnforcement', 'Enforcement was filed with a court (已申请执行)', PARTIES, commandBody(commands.fileEnforcement, about), 'notarization:file-enforcement'],
  ['certificate-correction', 'correctCertificate', 'The notary corrects a paper (补正)', NOTARY, commandBody(commands.correctCertificate, about), 'notarization:correct-certificate'],
  ['certificate-annulment', 'annulCertificate', 'The notary annuls a paper (撤销)', NOTARY, commandBody(commands.annulCertificate, about), 'notarization:annul-certificate'],
  ['sealing', 'sealCase', 'Seal a case for arbitration or litigation', PARTIES, commandBody(commands.sealCase, about), 'proceedings:seal'],
  ['receipt', 'receiveCase', 'The authority received it; or the node brings the receipt that the authority signed', ['arbitrator', 'court', 'provincialNode'], commandBody(commands.receiveCase, about), 'proceedings:receive'],
  ['closing', 'closeCase', 'Arbitrator or court close it', ['arbitrator', 'court'], commandBody(commands.closeCase, about), 'proceedings:close'],
];

const transitions: readonly Route[] = STEPS.map(([step, id, summary, actors, body, transaction]) =>
  route({
    method: 'POST',
    path: `/v1/evidence-cases/{id}/${step}`,
    tag,
    id,
    summary,
    actors,
    params: idParams,
    body: body as unknown as z.ZodType<object>,
    changes: true,
    answers: { 200: ANSWERS.change },
    handle: (call) => {
      seenCase(call, call.params.id);
      return submitAs(call, transaction, { ...call.body, ...call.params } as unknown as Omit<CommandOf<CaseTransaction>, 'operation'>);
    },
  }),
);

const refusal: Route = route({
  method: 'POST',
  path: '/v1/evidence-cases/{id}/enforcement-refusal',
  tag,
  id: 'refuseEnforcement',
  summary: 'The notary refuses the certificate (不予出具执行证书): a litigation over the same debt opens',
  description: '`ids` of the answer: the case, then the litigation.',
  actors: NOTARY,
  params: idParams,
  body: commandBody(commands.refuseEnforcement, { id: true, litigationId: true }),
  changes: true,
  answers: { 200: ANSWERS.change },
  handle: async (call) => {
    seenCase(call, call.params.id);
    return submitAs(call, 'notarization:refuse-enforcement', { ...call.body, ...call.params, litigationId: await derivedId(call.parts, 'operations', 'litigation', call.operation) });
  },
});

/** Cases of evidence (线上公证, 任务 10); what is handed over to others' systems has a file of its own. */
export const evidenceCaseRoutes: readonly Route[] = [...reads, ...openings, ...transitions, refusal];
