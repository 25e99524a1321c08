import { createServer } from 'node:net';
import { NetworkError } from './network-error';
import type { ProcessSpec } from './processes';

/** Whether nothing listens on a port of `host`. */
export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** @throws NetworkError `port-in-use` that names every port of `specs` on which something listens already. */
export async function requireFreePorts(host: string, specs: readonly ProcessSpec[]): Promise<void> {
  const wanted = specs.flatMap(({ name, ports }) => ports.map((port) => ({ name, port })));
  const free = await Promise.all(wanted.map(({ port }) => isPortFree(host, port)));
  const taken = wanted.filter((_, index) => free[index] !== true);
  if (taken.length === 0) return;
  const each = taken.map(({ name, port }) => `${port} (for ${name})`).join(', ');
  throw new NetworkError('port-in-use', `Another process listens on port ${each}.`, 'Stop it, or make a network on other ports with `kesu network up --dir DIR --base-port N`.');
}
