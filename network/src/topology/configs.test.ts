import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { COMMIT_MILLIS } from '../fabric/fabric-ledger';
import { caConfigs } from './ca-config';
import { channelConfig, endorsementPolicy } from './channel-config';
import { authFilters, coreConfig } from './core-config';
import { topologyDiagram } from './diagram';
import { NetworkLayout } from './layout';
import { mspConfig } from './msp-config';
import { ordererConfig } from './orderer-config';
import { defaultTopology, portsOf } from './topology';

const V25 = { major: 2, minor: 5 };
const V31 = { major: 3, minor: 1 };
const layout = new NetworkLayout('/somewhere/network');
const topology = defaultTopology(7050);
const [node] = topology.organisations;
const [orderer] = topology.ordering.nodes;
if (node === undefined || orderer === undefined) throw new Error('the default topology has organisations and orderers');

const core = (version: typeof V25) => parse(coreConfig({ topology, organisation: node, layout, version, builder: '/fabric/builders/ccaas' }));

/** Every text in a value, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(texts);
  return [String(value)];
}

describe("a peer's core.yaml", () => {
  it('names the time window filter from 3.1 on only: an older peer panics on the name', () => {
    expect(authFilters(V31)).toEqual(['DefaultAuth', 'ExpirationCheck', 'TimeWindowCheck']);
    expect(authFilters({ major: 3, minor: 0 })).toEqual(['DefaultAuth', 'ExpirationCheck']);
    expect(authFilters({ major: 4, minor: 0 })).toContain('TimeWindowCheck');
    expect(core(V31).peer.handlers.authFilters).toContainEqual({ name: 'TimeWindowCheck' });
    expect(JSON.stringify(core(V25))).not.toContain('TimeWindowCheck');
  });

  it('refuses proposals more than 60 s off', () => {
    expect(core(V31).peer.authentication.timewindow).toBe('60s');
  });

  it('speaks TLS on both ports and never without', () => {
    expect(core(V31).peer.tls.enabled).toBe(true);
    expect(core(V31).operations.tls.enabled).toBe(true);
  });

  it('listens and is announced on loopback only', () => {
    const addresses = texts(core(V31)).filter((text) => /:\d{2,5}$/.test(text));
    expect(addresses.length).toBeGreaterThanOrEqual(6);
    expect(addresses.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('pulls blocks itself and tries again within seconds when an orderer was lost', () => {
    expect(core(V31).peer.gossip).toMatchObject({ useLeaderElection: false, orgLeader: true });
    expect(core(V31).peer.deliveryclient.reConnectBackoffThreshold).toBe('2s');
  });

  it('notices an orderer that hangs before a call that waits for its block gives up, and pings no more often than orderers allow', () => {
    const seconds = (text: string): number => Number(/^(\d+)s$/.exec(text)?.[1]);
    const { interval, timeout } = core(V31).peer.keepalive.deliveryClient;
    expect(seconds(interval) + seconds(timeout) + seconds(core(V31).peer.deliveryclient.reConnectBackoffThreshold)).toBeLessThan(COMMIT_MILLIS / 1000);
    expect(seconds(parse(ordererConfig(topology, orderer, layout, V31)).General.Keepalive.ServerMinInterval)).toBeLessThan(seconds(interval));
    // gRPC makes it ten seconds where it is told less.
    expect(seconds(interval)).toBeGreaterThanOrEqual(10);
  });

  it('offers its chaincode as many keys a message as a batch of releases has', () => {
    expect(core(V31).chaincode.runtimeParams).toEqual({ useWriteBatch: true, maxSizeWriteBatch: 1_000, useGetMultipleKeys: true, maxSizeGetMultipleKeys: 1_000 });
  });

  it('takes chaincode as a service only', () => {
    expect(core(V31).chaincode.externalBuilders).toEqual([{ name: 'ccaas_builder', path: '/fabric/builders/ccaas', propagateEnvironment: [] }]);
    expect(core(V31).vm).toBeUndefined();
  });
});

describe("an orderer's orderer.yaml", () => {
  it('asks for no genesis block in 2.5, and in 3.1 leaves out a member that is on its way out', () => {
    expect(parse(ordererConfig(topology, orderer, layout, V25)).General.BootstrapMethod).toBe('none');
    expect(parse(ordererConfig(topology, orderer, layout, V31)).General.BootstrapMethod).toBeUndefined();
  });

  it('asks for a certificate at its administration port', () => {
    expect(parse(ordererConfig(topology, orderer, layout, V31)).Admin.TLS).toMatchObject({ Enabled: true, ClientAuthRequired: true });
  });
});

describe('the channel', () => {
  const profile = parse(channelConfig(topology, layout)).Profiles.Kesu;

  it('cuts a block after 20 ms or 500 transactions, with sizes set', () => {
    expect(profile.Orderer).toMatchObject({ OrdererType: 'etcdraft', BatchTimeout: '20ms', BatchSize: { MaxMessageCount: 500, PreferredMaxBytes: '2048 KB', AbsoluteMaxBytes: '10240 KB' } });
  });

  it('lets peers endorse, administrators administer and clients write, each of its own organisation', () => {
    expect(profile.Application.Organizations[0].Policies).toEqual({
      Readers: { Type: 'Signature', Rule: "OR('NodeMSP.admin', 'NodeMSP.peer', 'NodeMSP.client')" },
      Writers: { Type: 'Signature', Rule: "OR('NodeMSP.admin', 'NodeMSP.client')" },
      Admins: { Type: 'Signature', Rule: "OR('NodeMSP.admin')" },
      Endorsement: { Type: 'Signature', Rule: "OR('NodeMSP.peer')" },
    });
  });

  it('is changed, and its chaincode deployed, by a majority of the organisations only', () => {
    const majority = { Type: 'ImplicitMeta', Rule: 'MAJORITY Admins' };
    expect([profile.Policies.Admins, profile.Application.Policies.Admins, profile.Orderer.Policies.Admins]).toEqual([majority, majority, majority]);
    const { LifecycleEndorsement, Endorsement } = profile.Application.Policies;
    expect([LifecycleEndorsement, Endorsement]).toEqual([1, 2].map(() => ({ Type: 'ImplicitMeta', Rule: 'MAJORITY Endorsement' })));
  });

  it('takes from its orderers what only they sign, and lets only their administrators administer', () => {
    const [ordering] = profile.Orderer.Organizations;
    expect(ordering.Policies).toEqual({ Readers: { Type: 'Signature', Rule: "OR('OrdererMSP.member')" }, Writers: { Type: 'Signature', Rule: "OR('OrdererMSP.member')" }, Admins: { Type: 'Signature', Rule: "OR('OrdererMSP.admin')" } });
    expect(profile.Orderer.Policies.BlockValidation).toEqual({ Type: 'ImplicitMeta', Rule: 'ANY Writers' });
  });

  it('names an anchor peer an organisation and each orderer with its certificate', () => {
    expect(profile.Application.Organizations.map((organisation: { AnchorPeers: unknown }) => organisation.AnchorPeers)).toEqual([7061, 7067, 7073].map((Port) => [{ Host: '127.0.0.1', Port }]));
    expect(profile.Orderer.EtcdRaft.Consenters.map(({ Port }: { Port: number }) => Port)).toEqual([7051, 7054, 7057]);
  });

  it('is endorsed by two of three organisations', () => {
    expect(endorsementPolicy(topology)).toBe("OutOf(2, 'NodeMSP.peer', 'PlatformMSP.peer', 'JudicialMSP.peer')");
  });
});

describe("a fabric-ca-server's configuration", () => {
  const { identity, tls } = caConfigs(topology, node, { id: 'registrar', secret: 'of-the-test' });

  it('has TLS on, and two roots: a TLS certificate is no identity', () => {
    expect(parse(identity).tls.enabled).toBe(true);
    expect([parse(identity).ca.name, parse(tls).ca.name]).toEqual(['node-ca', 'node-tlsca']);
    expect(parse(identity).csr.cn).not.toBe(parse(tls).csr.cn);
  });

  it('gives the registrar no right to make further registrars', () => {
    const [registrar] = parse(identity).registry.identities;
    expect(Object.keys(registrar.attrs)).not.toContain('hf.Registrar.DelegateRoles');
    expect(registrar.attrs['hf.Registrar.Roles']).not.toContain('*');
  });
});

it('an MSP has NodeOUs on, each role by its unit', () => {
  const { NodeOUs } = parse(mspConfig());
  expect(NodeOUs.Enable).toBe(true);
  expect(NodeOUs.PeerOUIdentifier).toEqual({ Certificate: 'cacerts/ca.pem', OrganizationalUnitIdentifier: 'peer' });
});

it('the diagram shows every organisation and port that somebody connects to', () => {
  const drawn = topologyDiagram(topology);
  const shown = portsOf(topology).filter(({ of }) => !of.includes('(operations)') && !/peer \(chaincode\)/.test(of));
  expect(shown.filter(({ port }) => !drawn.includes(`:${port}`))).toEqual([]);
  for (const { mspId } of topology.organisations) expect(drawn).toContain(mspId);
});

it('docs/operations.md shows the diagram of the default topology', () => {
  expect(readFileSync(join(__dirname, '..', '..', '..', 'docs', 'operations.md'), 'utf8')).toContain(`\`\`\`mermaid\n${topologyDiagram(topology)}\`\`\``);
});
