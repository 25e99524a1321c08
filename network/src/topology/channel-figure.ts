import { httpsGet } from './health';
import type { tlsFiles } from './layout';
import type { Topology } from './topology';

/** An operations port with the node's TLS material: figures are for those with a certificate of the organisation, so the node's own is shown. */
interface OperationsPort {
  readonly port: number;
  readonly tls: ReturnType<typeof tlsFiles>;
}

/** A figure of the channel that a node shows in its metrics; undefined while it shows none. @throws Error when the node can't be reached. */
export async function channelFigure({ channel }: Topology, { port, tls }: OperationsPort, name: string): Promise<number | undefined> {
  const { body } = await httpsGet({ port, path: '/metrics', roots: tls.root, client: tls });
  const prefix = `${name}{channel="${channel}"} `;
  const line = body.split('\n').find((candidate) => candidate.startsWith(prefix));
  return line === undefined ? undefined : Number(line.slice(prefix.length));
}
