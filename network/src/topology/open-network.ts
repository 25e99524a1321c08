import { existsSync, mkdirSync } from 'node:fs';
import { StoreLockedError, takeLock } from '../embedded/storage/lock';
import { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import type { NetworkContext } from './peer-command';
import { findPrograms } from './programs';
import { readTopology } from './topology';

/** The network that exists in a directory. @throws NetworkError `network-missing`, `topology-malformed`, `program-missing`, `version-wrong`. */
export async function openNetwork(directory: string, environment: NodeJS.ProcessEnv): Promise<NetworkContext> {
  const layout = new NetworkLayout(directory);
  const topology = readTopology(layout.topology);
  return { topology, layout, programs: await findPrograms(environment) };
}

/** Runs while no other command changes the network. @throws NetworkError `network-busy`. */
export async function whileChanging<T>(layout: NetworkLayout, act: () => Promise<T>): Promise<T> {
  mkdirSync(layout.directory, { recursive: true });
  const lock = await takeLock(layout.lock).catch((cause: unknown) => {
    if (!(cause instanceof StoreLockedError)) throw cause;
    throw new NetworkError('network-busy', `Another command changes the network in ${layout.directory}: ${cause.message}.`, 'Wait until it has ended and run this one again.', { cause });
  });
  try {
    return await act();
  } finally {
    if (existsSync(layout.directory)) await lock.release();
  }
}
