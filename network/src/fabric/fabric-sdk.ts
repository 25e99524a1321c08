import type * as Sdk from 'fabric-common';

/** What fabric-common is used for: connections, and the three services behind them. */
type FabricCommon = Pick<typeof Sdk, 'Client'>;

interface Loggers {
  setLogger(logger: object): void;
}

/** The logger that its modules take when they are first required, here or by fabric-ca-client: it prints every failed attempt to the console. */
interface SharedLogger {
  readonly hfc?: { readonly logger?: { readonly transports?: Readonly<Record<string, { silent: boolean }>> } };
}

/** The adapter tells its own errors. */
function load(): FabricCommon {
  const silent = (): void => undefined;
  for (const transport of Object.values((globalThis as SharedLogger).hfc?.logger?.transports ?? {})) transport.silent = true;
  /* eslint-disable @typescript-eslint/no-require-imports -- the logger must be set between the two */
  (require('fabric-common/lib/Utils.js') as Loggers).setLogger({ debug: silent, info: silent, warn: silent, error: silent });
  return require('fabric-common') as FabricCommon;
  /* eslint-enable @typescript-eslint/no-require-imports */
}

/** fabric-common's `Client`, made silent. */
export const { Client } = load();
