import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { whileChanging } from './open-network';
import { NetworkProcesses } from './processes';

/** What a stop did. */
export interface DownReport {
  readonly stopped: readonly string[];
  readonly purged: boolean;
}

/**
 * Stops the processes that `networkUp` started and no others. With `purge` the network's directory goes too, keys and data with it.
 * @throws NetworkError `network-missing` when the directory holds no network: what else lies there stays.
 */
export async function networkDown(directory: string, options: { readonly purge?: boolean } = {}): Promise<DownReport> {
  const layout = new NetworkLayout(directory);
  // A topology file that can't be read any more is no reason to leave processes running.
  if (!existsSync(layout.topology)) throw new NetworkError('network-missing', `There is no network in ${directory}.`, 'Name its directory with `--dir`.');
  return whileChanging(layout, async () => {
    writeFileSync(layout.broughtDown, '');
    const processes = new NetworkProcesses(layout);
    const stopped = processes.started().map(({ name }) => name);
    await Promise.all(stopped.map((name) => processes.stop(name)));
    if (options.purge === true) rmSync(layout.directory, { recursive: true, force: true });
    return { stopped, purged: options.purge === true };
  });
}
