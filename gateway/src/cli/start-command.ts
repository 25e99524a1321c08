import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { readConfiguration, type Configuration } from '../config';
import type { RunningGateway } from '../main';

interface StartCommandOptions {
  readonly port?: number;
  readonly data?: string;
  readonly keep?: string;
  readonly empty?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

/** `kesu start`: the embedded ledger, the demonstration's providers and the gateway in one process. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('start the gateway on the embedded ledger; an empty one is filled with demonstration data')
    .option('--port <port>', 'port on 127.0.0.1 (a passkey belongs to its origin, so to the port)', portOf)
    .option('--data <dir>', 'data directory')
    .option('--keep <dir>', 'directory of anchors and data key')
    .option('--empty', 'no demonstration data')
    .option('--reset', 'remove the present data first')
    .option('--json', 'one JSON value when it listens')
    .action(async (options: StartCommandOptions) => {
      const configuration = configurationOf(options);
      const started = Date.now();
      // The composition root loads every room: other commands answer without it.
      const { startGateway } = await import('../main.js');
      const gateway = await startGateway({ configuration, reset: options.reset === true, progress: (line) => process.stderr.write(`${line}\n`) });
      stopOnSignal(gateway);
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      if (options.json === true) process.stdout.write(`${JSON.stringify({ origin: gateway.origin, network: gateway.network, head: gateway.head, data: configuration.data })}\n`);
      else process.stdout.write(`${startPage(gateway, configuration, seconds).join('\n')}\n`);
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError('a port is a number from 1 to 65535');
  return port;
}

function configurationOf({ port, data, keep, empty }: StartCommandOptions): Configuration {
  return readConfiguration(
    process.cwd(),
    { ...(port === undefined ? {} : { port }), ...(data === undefined ? {} : { data }), ...(keep === undefined ? {} : { keep }), ...(empty === true ? { demonstration: false } : {}) },
    process.env,
  );
}

function startPage({ origin, network, head, demonstration }: RunningGateway, configuration: Configuration, seconds: string): string[] {
  return [
    '',
    `Kesu 可溯  ${origin}   (ready in ${seconds} s; network ${network}, ${head + 1} blocks)`,
    '',
    `  API pages      ${origin}/docs`,
    `  OpenAPI        ${origin}/openapi.json`,
    `  readiness      ${origin}/readyz     metrics ${origin}/metrics`,
    `  data           ${configuration.data}`,
    `  anchors, key   ${configuration.keep}   (keep a copy apart from the data)`,
    ...(demonstration === undefined ? ['', '  No demonstration. With the gateway stopped, `npm run kesu -- identity enroll` lets participants in and `identity submit` brings first keys and applications to the ledger.'] : demonstration.startPage(origin)),
    '',
    '  Ctrl-C stops it and loses nothing. To begin anew: npm start -- --reset',
  ];
}

/** The first signal stops gracefully; a second one ends at once. */
function stopOnSignal(gateway: RunningGateway): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(3);
    stopping = true;
    process.stderr.write('Stopping: finishing what runs …\n');
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(3);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
