import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { evidenceCommand } from './evidence-command';
import { GatewayClient, type ClientOptions } from './gateway-client';
import { print } from './output';

interface StatementOptions extends ClientOptions {
  readonly json?: boolean;
  readonly out?: string;
}

const MOST_WAITS = 10;

/** `kesu evidence usage-report | rerun | reach`: statements that anyone checks offline (docs/formats/statements.md). */
export function addStatementCommands(program: Command): void {
  const evidence = evidenceCommand(program);
  withOptions(evidence.command('usage-report').description('who received non-public data about an enterprise, and that nobody else did (信息使用情况报告)').argument('<enterprise>', "the enterprise's subjectRef")).action(async (enterprise: string, options: StatementOptions) => {
    const client = new GatewayClient(options);
    const { ids } = z.looseObject({ ids: z.array(z.string()).min(1) }).parse(await client.post('/v1/usage-reports', { enterprise }));
    show(options, await whenLogged(() => client.get(`/v1/usage-reports/${ids[0] ?? ''}`)), 'usage');
  });
  withOptions(evidence.command('rerun').description('re-run a recorded decision at its position (复盘)').argument('<release>', "the release's id")).action(async (release: string, options: StatementOptions) => {
    show(options, await new GatewayClient(options).get(`/v1/releases/${encodeURIComponent(release)}/rerun`), 'findings');
  });
  withOptions(evidence.command('reach').description('every release, score and loan that used a batch (错误批次影响面)').argument('<batch>', "the batch's id")).action(async (batch: string, options: StatementOptions) => {
    show(options, await new GatewayClient(options).get(`/v1/ingest-batches/${encodeURIComponent(batch)}/reach`), 'reach');
  });
}

function withOptions(command: Command): Command {
  return command.option('--out <file>', 'write the whole statement with its proof to a file').option('--url <url>', 'the gateway').option('--token <token>', 'bearer token (or KESU_TOKEN)').option('--json', 'the whole statement as one JSON value on one line');
}

/** The log folds what was just committed within moments. */
async function whenLogged(read: () => Promise<unknown>): Promise<unknown> {
  for (let waits = 0; ; waits++) {
    try {
      return await read();
    } catch (error) {
      if (waits >= MOST_WAITS || !(error instanceof Error && error.message.includes('not-ready'))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function show({ out, json }: StatementOptions, statement: unknown, summary: string): void {
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(statement)}\n`);
  const said = (statement as Readonly<Record<string, unknown>>)[summary];
  print(statement, [JSON.stringify(said, null, 2), ...(out === undefined ? [] : [`the statement with its proof: ${out}`])], json === true);
}
