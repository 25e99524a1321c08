import { Argument, Option, type Command } from 'commander';
import { GatewayClient, type ClientOptions } from './gateway-client';

interface TraceOptions extends ClientOptions {
  readonly format: 'json' | 'csv' | 'jsonl';
  readonly limit?: string;
  readonly cursor?: string;
  readonly json?: boolean;
}

const MEDIA_TYPES = { json: 'application/json', csv: 'text/csv', jsonl: 'application/jsonl' } as const;
const PATHS = { enterprise: 'enterprises', provider: 'providers', platform: 'platforms', recipient: 'recipients', release: 'releases' } as const;

/** `kesu trace`: releases and denials from source to destination and back (来源可溯、去向可查). */
export function addTraceCommand(program: Command): void {
  program
    .command('trace')
    .description('trace releases and denials (来源可溯、去向可查)')
    .addArgument(new Argument('<direction>', 'from where to look').choices(Object.keys(PATHS)))
    .argument('<id>', "the enterprise's subjectRef, a participant's id, or a release's id")
    .addOption(new Option('--format <format>', 'how it is written').choices(Object.keys(MEDIA_TYPES)).default('json'))
    .option('--json', 'one JSON value on one line')
    .option('--limit <n>', 'rows a page, at most 100 (json; csv and jsonl export every row)')
    .option('--cursor <cursor>', 'the next page')
    .option('--url <url>', 'the gateway')
    .option('--token <token>', 'bearer token (or KESU_TOKEN)')
    .action(async (direction: keyof typeof PATHS, id: string, options: TraceOptions) => {
      const query = new URLSearchParams();
      if (options.limit !== undefined) query.set('limit', options.limit);
      if (options.cursor !== undefined) query.set('cursor', options.cursor);
      if (options.format !== 'json') query.set('format', options.format);
      const suffix = query.size === 0 ? '' : `?${query.toString()}`;
      const answer = await new GatewayClient(options).get(`/v1/trace/${PATHS[direction]}/${encodeURIComponent(id)}${suffix}`, MEDIA_TYPES[options.format]);
      process.stdout.write(typeof answer === 'string' ? answer : `${JSON.stringify(answer, null, options.json === true ? 0 : 2)}\n`);
    });
}
