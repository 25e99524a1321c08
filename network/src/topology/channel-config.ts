import { join } from 'node:path';
import { stringify } from 'yaml';
import type { NetworkLayout } from './layout';
import { tlsFiles } from './layout';
import type { PeerOrganisation, Topology } from './topology';

/** The profile of `configtx.yaml` that makes the channel's genesis block. */
export const CHANNEL_PROFILE = 'Kesu';

/** Capabilities that 2.5 and 3.1 share, so that both versions may run in one channel. */
const CAPABILITIES = { channel: { V2_0: true }, orderer: { V2_0: true }, application: { V2_5: true } };

const implicit = (rule: string): object => ({ Type: 'ImplicitMeta', Rule: rule });
const signature = (rule: string): object => ({ Type: 'Signature', Rule: rule });

/** The channel's `configtx.yaml`. */
export function channelConfig(topology: Topology, layout: NetworkLayout): string {
  const policies = { Readers: implicit('ANY Readers'), Writers: implicit('ANY Writers'), Admins: implicit('MAJORITY Admins') };
  return stringify({
    Profiles: {
      [CHANNEL_PROFILE]: {
        Policies: policies,
        Capabilities: CAPABILITIES.channel,
        Orderer: ordererSection(topology, layout, policies),
        Application: {
          Organizations: topology.organisations.map((organisation) => organisationSection(topology, organisation, layout)),
          Policies: { ...policies, LifecycleEndorsement: implicit('MAJORITY Endorsement'), Endorsement: implicit('MAJORITY Endorsement') },
          Capabilities: CAPABILITIES.application,
        },
      },
    },
  });
}

/** A `configtx.yaml` that holds one organisation only, for `configtxgen -printOrg`. */
export function organisationConfig(topology: Topology, organisation: PeerOrganisation, layout: NetworkLayout): string {
  return stringify({ Organizations: [organisationSection(topology, organisation, layout)] });
}

function ordererSection(topology: Topology, layout: NetworkLayout, policies: object): object {
  const { ordering, batch, raft, host } = topology;
  return {
    OrdererType: 'etcdraft',
    BatchTimeout: `${batch.timeoutMillis}ms`,
    BatchSize: { MaxMessageCount: batch.maxTransactions, AbsoluteMaxBytes: `${batch.absoluteKiB} KB`, PreferredMaxBytes: `${batch.preferredKiB} KB` },
    EtcdRaft: {
      Consenters: ordering.nodes.map((node) => {
        const { certificate } = tlsFiles(join(layout.node(ordering.name, node.name), 'tls'));
        return { Host: host, Port: node.port, ClientTLSCert: certificate, ServerTLSCert: certificate };
      }),
      Options: { TickInterval: `${raft.tickMillis}ms`, ElectionTick: raft.electionTicks, HeartbeatTick: 1, MaxInflightBlocks: 5, SnapshotIntervalSize: '16 MB' },
    },
    Organizations: [
      {
        Name: ordering.mspId,
        ID: ordering.mspId,
        MSPDir: layout.msp(ordering.name),
        OrdererEndpoints: ordering.nodes.map((node) => `${host}:${node.port}`),
        Policies: {
          Readers: signature(`OR('${ordering.mspId}.member')`),
          Writers: signature(`OR('${ordering.mspId}.member')`),
          Admins: signature(`OR('${ordering.mspId}.admin')`),
        },
      },
    ],
    Policies: { ...policies, BlockValidation: implicit('ANY Writers') },
    Capabilities: CAPABILITIES.orderer,
  };
}

function organisationSection(topology: Topology, { mspId, name, peer }: PeerOrganisation, layout: NetworkLayout): object {
  return {
    Name: mspId,
    ID: mspId,
    MSPDir: layout.msp(name),
    Policies: {
      Readers: signature(`OR('${mspId}.admin', '${mspId}.peer', '${mspId}.client')`),
      Writers: signature(`OR('${mspId}.admin', '${mspId}.client')`),
      Admins: signature(`OR('${mspId}.admin')`),
      Endorsement: signature(`OR('${mspId}.peer')`),
    },
    AnchorPeers: [{ Host: topology.host, Port: peer.port }],
  };
}

/** The chaincode's endorsement policy, in the peer's notation. */
export function endorsementPolicy({ endorsement }: Topology): string {
  return `OutOf(${endorsement.required}, ${endorsement.organisations.map((mspId) => `'${mspId}.peer'`).join(', ')})`;
}
