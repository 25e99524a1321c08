import { stringify } from 'yaml';
import type { NetworkLayout } from './layout';
import { tlsFiles } from './layout';
import { join } from 'node:path';
import type { FabricVersion } from './programs';
import type { PeerOrganisation, Topology } from './topology';

/** The first Fabric whose peer knows the filter `TimeWindowCheck`; an older one panics on the name. */
export const TIME_WINDOW_CHECK_SINCE: FabricVersion = { major: 3, minor: 1 };

/** A peer that lost its orderer tries again this often at most; Fabric's own limit is an hour. */
const MOST_RECONNECT_DELAY = '2s';

/**
 * An orderer that hangs, or whose machine is gone without a word, is noticed after 13 s and another one asked for blocks: a call waits 20 s for its own. Fabric's default
 * is 80 s; gRPC pings no more often than every 10 s.
 */
const ORDERER_KEEPALIVE = { interval: '10s', timeout: '3s' };

/** A call that the chaincode doesn't answer within this time fails. */
const EXECUTE_TIMEOUT = '30s';

/** What a peer of 3.1 offers its chaincode only when told to; one of 2.5 doesn't look. A batch of releases fits, and Fabric allows no fewer. */
const MANY_KEYS_A_MESSAGE = { useWriteBatch: true, maxSizeWriteBatch: 1_000, useGetMultipleKeys: true, maxSizeGetMultipleKeys: 1_000 };

/** Where a peer's parts lie and which Fabric it is. */
export interface CoreConfigOptions {
  readonly topology: Topology;
  readonly organisation: PeerOrganisation;
  readonly layout: NetworkLayout;
  readonly version: FabricVersion;
  /** The directory of the chaincode-as-a-service builder, which holds `bin/`. */
  readonly builder: string;
}

/** A peer's `core.yaml`. */
export function coreConfig(options: CoreConfigOptions): string {
  const { organisation, layout, builder } = options;
  const home = layout.node(organisation.name, organisation.peer.name);
  const data = join(home, 'data');
  return stringify({
    peer: peerSection(options, home, data),
    chaincode: {
      builder: '',
      mode: 'net',
      keepalive: 0,
      externalBuilders: [{ name: 'ccaas_builder', path: builder, propagateEnvironment: [] }],
      installTimeout: '60s',
      startuptimeout: '60s',
      executetimeout: EXECUTE_TIMEOUT,
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'info', shim: 'warning' },
      runtimeParams: MANY_KEYS_A_MESSAGE,
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      // Kesu's contracts ask for no key's history: blocks tell it.
      history: { enableHistoryDatabase: false },
      snapshots: { rootDir: join(data, 'snapshots') },
    },
    operations: operations(options, home),
    metrics: { provider: 'prometheus' },
  });
}

function peerSection({ topology, organisation, version }: CoreConfigOptions, home: string, data: string): object {
  const { host } = topology;
  const { peer, mspId, name } = organisation;
  const address = `${host}:${peer.port}`;
  const tls = tlsFiles(join(home, 'tls'));
  return {
    id: `${name}-${peer.name}`,
    networkId: topology.channel,
    listenAddress: address,
    address,
    chaincodeListenAddress: `${host}:${peer.chaincodeListenPort}`,
    addressAutoDetect: false,
    gateway: { enabled: true },
    keepalive: { minInterval: '10s', deliveryClient: ORDERER_KEEPALIVE },
    // One peer an organisation: it pulls its blocks from the orderers itself, without an election.
    gossip: { bootstrap: address, endpoint: address, externalEndpoint: address, useLeaderElection: false, orgLeader: true, pvtData: { reconciliationEnabled: false } },
    tls: { enabled: true, clientAuthRequired: false, cert: { file: tls.certificate }, key: { file: tls.privateKey }, rootcert: { file: tls.root } },
    authentication: { timewindow: `${topology.timeWindowSeconds}s` },
    fileSystemPath: data,
    BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
    mspConfigPath: join(home, 'msp'),
    localMspId: mspId,
    localMspType: 'bccsp',
    client: { connTimeout: '3s' },
    deliveryclient: { blockGossipEnabled: false, connTimeout: '3s', reConnectBackoffThreshold: MOST_RECONNECT_DELAY, minimalReconnectInterval: '100ms' },
    handlers: {
      authFilters: authFilters(version).map((filter) => ({ name: filter })),
      decorators: [{ name: 'DefaultDecorator' }],
      endorsers: { escc: { name: 'DefaultEndorsement' } },
      validators: { vscc: { name: 'DefaultValidation' } },
    },
    discovery: { enabled: true, authCacheEnabled: true, authCacheMaxSize: 1_000, authCachePurgeRetentionRatio: 0.75, orgMembersAllowedAccess: false },
    limits: { concurrency: { endorserService: 2_500, deliverService: 2_500, gatewayService: 500 } },
    maxRecvMsgSize: 104_857_600,
    maxSendMsgSize: 104_857_600,
  };
}

/** The filters of proposals that this version's peer knows. */
export function authFilters(version: FabricVersion): readonly string[] {
  const { major, minor } = TIME_WINDOW_CHECK_SINCE;
  const knowsTimeWindow = version.major > major || (version.major === major && version.minor >= minor);
  return ['DefaultAuth', 'ExpirationCheck', ...(knowsTimeWindow ? ['TimeWindowCheck'] : [])];
}

function operations({ topology, organisation }: CoreConfigOptions, home: string): object {
  const tls = tlsFiles(join(home, 'tls'));
  return {
    listenAddress: `${topology.host}:${organisation.peer.operationsPort}`,
    tls: {
      enabled: true,
      cert: { file: tls.certificate },
      key: { file: tls.privateKey },
      clientAuthRequired: false,
      clientRootCAs: { files: [tls.root] },
    },
  };
}
