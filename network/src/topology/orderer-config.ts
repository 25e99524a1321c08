import { join } from 'node:path';
import { stringify } from 'yaml';
import type { NetworkLayout } from './layout';
import { tlsFiles } from './layout';
import type { FabricVersion } from './programs';
import type { OrdererNode, Topology } from './topology';

/** An orderer's `orderer.yaml`. Fabric refuses members that its version doesn't know. */
export function ordererConfig(topology: Topology, node: OrdererNode, layout: NetworkLayout, version: FabricVersion): string {
  const { host, ordering } = topology;
  const home = layout.node(ordering.name, node.name);
  const data = join(home, 'data');
  const tls = tlsFiles(join(home, 'tls'));
  const server = { Enabled: true, PrivateKey: tls.privateKey, Certificate: tls.certificate };
  return stringify({
    General: {
      ListenAddress: host,
      ListenPort: node.port,
      TLS: { ...server, RootCAs: [tls.root], ClientAuthRequired: false },
      // 2.5 would look for a genesis block of a system channel, which 3 doesn't have any more.
      ...(version.major < 3 ? { BootstrapMethod: 'none' } : {}),
      // Peers ping every 10 s, and not to the millisecond.
      Keepalive: { ServerMinInterval: '5s', ServerInterval: '7200s', ServerTimeout: '20s' },
      // Raft's own traffic shares the port and authenticates both sides with these.
      Cluster: { SendBufferSize: 100, ClientCertificate: tls.certificate, ClientPrivateKey: tls.privateKey },
      LocalMSPDir: join(home, 'msp'),
      LocalMSPID: ordering.mspId,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      Authentication: { TimeWindow: '15m' },
    },
    FileLedger: { Location: data },
    Operations: { ListenAddress: `${host}:${node.operationsPort}`, TLS: { ...server, ClientAuthRequired: false, ClientRootCAs: [tls.root] } },
    Metrics: { Provider: 'prometheus' },
    Admin: { ListenAddress: `${host}:${node.adminPort}`, TLS: { ...server, ClientAuthRequired: true, ClientRootCAs: [tls.root] } },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: { WALDir: join(data, 'etcdraft', 'wal'), SnapDir: join(data, 'etcdraft', 'snapshot') },
  });
}
