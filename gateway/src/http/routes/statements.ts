import * as commands from '@kesu/chaincode';
import { batchReachSchema, decisionRerunSchema, releaseIdSchema, usageReportSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../../gateway-error';
import { batchReach, decisionRerun, usageReport, type StatementParts } from '../../use-cases/statements';
import { derivedId } from '../../use-cases/secrets';
import { route, type HttpParts, type JsonAnswer, type Route } from '../route';
import { seen, seesBatch, seesEnterprise, seesRelease, seesUsageReport } from '../visibility';
import { commandBody } from './command-body';
import { whileFollowing } from './log';
import { ANSWERS, idParams, submitAs, submitAsSelf } from './shared';

const tag = 'statements';

/** @throws GatewayError not-ready where this gateway doesn't publish the log. */
function statementParts({ readModel, options: { evidenceLog } }: HttpParts): StatementParts {
  if (evidenceLog?.publisher === undefined) throw GatewayError.of('not-ready', 'this gateway publishes no log: ask the provincial node');
  return { readModel, log: evidenceLog.log, publisher: evidenceLog.publisher };
}

function stated(make: () => Promise<object>): Promise<JsonAnswer> {
  return whileFollowing(async () => ({ status: 200, body: await make() }));
}

/** Statements that anyone checks offline (docs/formats/statements.md). */
export const statementRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/usage-reports',
    tag,
    id: 'askForUsageReport',
    summary: 'Ask for a report of use (信息使用情况报告)',
    description: 'Asking is itself an event about the enterprise, so that the report proves what happened, and that nothing else did, up to it.',
    actors: ['enterprise', 'platform', 'provincialNode'],
    body: commandBody(commands.reportUsage, { id: true }),
    changes: true,
    answers: { 201: ANSWERS.change },
    handle: async (call) => {
      const { parts, requester, body, operation } = call;
      seen(parts.readModel.record('enterprise', body.enterprise)?.record, (enterprise) => seesEnterprise(requester, enterprise, parts.readModel));
      const command = { ...body, id: await derivedId(parts, 'operations', 'usage-report', operation) };
      return requester.kind === 'ENTERPRISE' ? submitAsSelf(call, 'evidence:report-usage', command, 201) : submitAs(call, 'evidence:report-usage', command, 201);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/usage-reports/{id}',
    tag,
    id: 'readUsageReport',
    summary: 'The report, proven: who received non-public data about the enterprise up to its position, and that nobody else did',
    actors: ['enterprise', 'platform', 'provincialNode', 'regulator', 'auditor'],
    params: idParams,
    answers: { 200: { description: 'The report with its proof', schema: usageReportSchema } },
    handle: ({ parts, requester, params: { id } }) => {
      seen(parts.readModel.record('usage-report', id)?.record, (report) => seesUsageReport(requester, report, parts.readModel));
      return stated(() => usageReport(statementParts(parts), id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/releases/{id}/rerun',
    tag,
    id: 'rerunDecision',
    summary: 'Re-run a recorded decision at its position, condition by condition (复盘)',
    actors: ['enterprise', 'provincialNode', 'regulator', 'auditor'],
    params: z.strictObject({ id: releaseIdSchema }),
    answers: { 200: { description: 'The decision with the versions then in force, each proven', schema: decisionRerunSchema } },
    handle: ({ parts, requester, params: { id } }) => {
      seen(parts.readModel.release(id)?.release, (release) => seesRelease(requester, release, parts.readModel));
      return stated(() => decisionRerun(statementParts(parts), id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/ingest-batches/{id}/reach',
    tag,
    id: 'readBatchReach',
    summary: 'Every release, score and loan that used a batch (错误批次影响面)',
    actors: ['provider', 'provincialNode', 'auditor'],
    params: idParams,
    answers: { 200: { description: 'The reach, each release proven', schema: batchReachSchema } },
    handle: ({ parts, requester, params: { id } }) => {
      seen(parts.readModel.record('ingest-batch', id)?.record, (batch) => seesBatch(requester, batch, parts.readModel));
      return stated(() => batchReach(statementParts(parts), id));
    },
  }),
];
