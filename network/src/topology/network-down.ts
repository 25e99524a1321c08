import { rmSync } from 'node:fs';
import { NetworkLayout } from './layout';
import { NetworkProcesses } from './processes';

/** What a stop did. */
export interface DownReport {
  readonly stopped: readonly string[];
  readonly purged: boolean;
}

/** Stops the processes that `networkUp` started and no others: first who asks, last who is asked. With `purge` the network's directory goes too. */
export async function networkDown(directory: string, options: { readonly purge?: boolean } = {}): Promise<DownReport> {
  const layout = new NetworkLayout(directory);
  const processes = new NetworkProcesses(layout);
  const stopped = processes.started().map(({ name }) => name);
  await Promise.all(stopped.map((name) => processes.stop(name)));
  if (options.purge === true) rmSync(layout.directory, { recursive: true, force: true });
  return { stopped, purged: options.purge === true };
}
