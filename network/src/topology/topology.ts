import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PARTICIPANT_ROLES } from '@kesu/chaincode/domain';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { NetworkError } from './network-error';
import { writeWhole } from './write-whole';

/** The block timeouts that a lone release can bear, milliseconds. */
export const BLOCK_TIMEOUT_MILLIS = { least: 10, most: 50, standard: 20 } as const;

/** How far a proposal's time may lie from a peer's clock where the peer checks it itself, seconds (architecture, rule 3). */
export const TIME_WINDOW_SECONDS = 60;

/** The first port of a network unless told otherwise. */
export const DEFAULT_BASE_PORT = 7050;

/** How many organisations must endorse. */
const REQUIRED_ENDORSERS = 2;

const port = z.int().min(1024).max(65_535);
const slug = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a short name of a–z, 0–9 and -');
const mspId = z.string().regex(/^[A-Za-z][A-Za-z0-9]{1,40}$/, 'an MSP id of letters and digits');
const authority = z.strictObject({ port });

const ordererSchema = z.strictObject({ name: slug, port, adminPort: port, operationsPort: port });
const organisationSchema = z.strictObject({
  name: slug,
  mspId,
  /** What people call it, for the diagram. */
  title: z.string().min(1).max(80),
  ca: authority,
  peer: z.strictObject({ name: slug, port, chaincodeListenPort: port, operationsPort: port }),
  /** Two ports: an upgrade starts the new chaincode on the one that the old one doesn't use. */
  chaincodePorts: z.tuple([port, port]),
  /** Its own installation of the chaincode package; the one beside this launcher when absent. */
  chaincodeDirectory: z.string().optional(),
  /** The identity that a gateway of this organisation signs with. */
  client: z.strictObject({ role: z.enum(PARTICIPANT_ROLES), participant: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/) }),
});

/** The one file that a network is made from. */
export const topologySchema = z
  .strictObject({
    version: z.literal(1),
    channel: z.string().regex(/^[a-z][a-z0-9.-]{0,63}$/),
    chaincode: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
    host: z.literal('127.0.0.1'),
    batch: z.strictObject({
      timeoutMillis: z.int().min(BLOCK_TIMEOUT_MILLIS.least).max(BLOCK_TIMEOUT_MILLIS.most),
      maxTransactions: z.int().min(1).max(500),
      preferredKiB: z.int().min(64).max(10_240),
      absoluteKiB: z.int().min(1_024).max(65_536),
    }),
    raft: z.strictObject({ tickMillis: z.int().min(50).max(2_000), electionTicks: z.int().min(5).max(50) }),
    timeWindowSeconds: z.int().min(30).max(900),
    certificateDays: z.int().min(1).max(3_650),
    ordering: z.strictObject({ name: slug, mspId, title: z.string().min(1).max(80), ca: authority, nodes: z.array(ordererSchema).min(1).max(9) }),
    organisations: z.array(organisationSchema).min(1).max(20),
    endorsement: z.strictObject({ required: z.int().min(1), organisations: z.array(mspId).min(1) }),
  })
  .superRefine((topology, context) => {
    for (const message of contradictions(topology)) context.addIssue({ code: 'custom', message });
  });

/** A network as its file states it. */
export type Topology = z.infer<typeof topologySchema>;

/** An organisation with a peer. */
export type PeerOrganisation = Topology['organisations'][number];

/** A Raft orderer. */
export type OrdererNode = Topology['ordering']['nodes'][number];

/** What every organisation has, those with peers and the one with orderers. */
export type AnyOrganisation = Pick<PeerOrganisation, 'name' | 'mspId' | 'title' | 'ca'>;

/** Every organisation: the ordering one first. */
export function allOrganisations(topology: Topology): readonly AnyOrganisation[] {
  return [topology.ordering, ...topology.organisations];
}

/** Every port of the topology with what listens there. */
export function portsOf(topology: Topology): readonly { readonly port: number; readonly of: string }[] {
  return [
    ...allOrganisations(topology).map(({ name, ca }) => ({ port: ca.port, of: `the authority of ${name}` })),
    ...topology.ordering.nodes.flatMap((node) => [
      { port: node.port, of: node.name },
      { port: node.adminPort, of: `${node.name} (administration)` },
      { port: node.operationsPort, of: `${node.name} (operations)` },
    ]),
    ...topology.organisations.flatMap(({ name, peer, chaincodePorts }) => [
      { port: peer.port, of: `${name}-${peer.name}` },
      { port: peer.chaincodeListenPort, of: `${name}-${peer.name} (chaincode)` },
      { port: peer.operationsPort, of: `${name}-${peer.name} (operations)` },
      ...chaincodePorts.map((chaincodePort) => ({ port: chaincodePort, of: `the chaincode of ${name}` })),
    ]),
  ];
}

function contradictions(topology: Topology): string[] {
  const names = allOrganisations(topology).map(({ name }) => name);
  const ids = allOrganisations(topology).map((organisation) => organisation.mspId);
  const nodes = topology.ordering.nodes.map(({ name }) => name);
  const { endorsement, batch } = topology;
  const members = topology.organisations.map((organisation) => organisation.mspId);
  return [
    ...repeated(names).map((name) => `two organisations are called ${name}`),
    ...repeated(ids).map((id) => `two organisations have the MSP id ${id}`),
    ...repeated(nodes).map((name) => `two orderers are called ${name}`),
    ...repeated(portsOf(topology).map((entry) => entry.port)).map((twice) => `port ${twice} is given twice`),
    ...endorsementFaults(endorsement, members),
    ...(batch.preferredKiB > batch.absoluteKiB ? ['preferredKiB is larger than absoluteKiB'] : []),
  ];
}

/**
 * What is wrong with who must endorse: the provincial node's organisation, the first, must be able to, as some keys change with its endorsement only, and no
 * organisation alone may write.
 * @param members the organisations that have a peer, the node's first.
 */
export function endorsementFaults({ required, organisations }: { readonly required: number; readonly organisations: readonly string[] }, members: readonly string[]): string[] {
  return [
    ...organisations.filter((id) => !members.includes(id)).map((id) => `${id} endorses but is no organisation with a peer`),
    ...repeated(organisations).map((id) => `${id} endorses twice`),
    ...(required > organisations.length ? ['more endorsements are required than organisations endorse'] : []),
    ...(required < 2 && members.length > 1 ? ['one organisation alone could write: two endorsements at least are required'] : []),
    ...(organisations.includes(members[0] ?? '') ? [] : [`${members[0] ?? ''}, the provincial node's organisation, does not endorse`]),
  ];
}

function repeated<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

/** How many ports after its base an organisation with a peer takes. */
const PORTS_PER_ORGANISATION = 6;

/** An organisation whose ports follow `first`. */
export function organisationAt(first: number, organisation: Pick<PeerOrganisation, 'name' | 'mspId' | 'title' | 'client'>): PeerOrganisation {
  const { name, mspId: id, title, client } = organisation;
  return {
    name,
    mspId: id,
    title,
    ca: { port: first },
    peer: { name: 'peer', port: first + 1, chaincodeListenPort: first + 2, operationsPort: first + 3 },
    chaincodePorts: [first + 4, first + 5],
    client,
  };
}

/** The port after the highest of a topology. */
export function nextFreePort(topology: Topology): number {
  return Math.max(...portsOf(topology).map((entry) => entry.port)) + 1;
}

/** Three Raft orderers and three organisations, from `basePort` on. */
export function defaultTopology(basePort: number): Topology {
  const nodes = [0, 1, 2].map((index) => {
    const first = basePort + 1 + index * 3;
    return { name: `orderer${index + 1}`, port: first, adminPort: first + 1, operationsPort: first + 2 };
  });
  const at = (index: number): number => basePort + 10 + index * PORTS_PER_ORGANISATION;
  const organisations = [
    organisationAt(at(0), { name: 'node', mspId: 'NodeMSP', title: '省级节点 provincial node', client: { role: 'provincialNode', participant: 'provincial-node' } }),
    organisationAt(at(1), { name: 'platform', mspId: 'PlatformMSP', title: '融资平台 financing platform', client: { role: 'platform', participant: 'qinxinrong' } }),
    organisationAt(at(2), { name: 'notary', mspId: 'JudicialMSP', title: '公证司法 notary and judiciary', client: { role: 'notary', participant: 'example-notary' } }),
  ];
  return topologySchema.parse({
    version: 1,
    channel: 'kesu',
    chaincode: 'kesu',
    host: '127.0.0.1',
    batch: { timeoutMillis: BLOCK_TIMEOUT_MILLIS.standard, maxTransactions: 500, preferredKiB: 2_048, absoluteKiB: 10_240 },
    raft: { tickMillis: 200, electionTicks: 10 },
    timeWindowSeconds: TIME_WINDOW_SECONDS,
    certificateDays: 365,
    ordering: { name: 'ordering', mspId: 'OrdererMSP', title: '排序 ordering', ca: { port: basePort }, nodes },
    organisations,
    endorsement: { required: REQUIRED_ENDORSERS, organisations: organisations.map((organisation) => organisation.mspId) },
  } satisfies Topology);
}

/**
 * A profile without a topology is a gateway's on a network of several machines: the launcher has no part in it.
 * @param path where the topology would lie.
 * @throws NetworkError `network-elsewhere`.
 */
export function requireOneMachine(path: string): void {
  if (existsSync(path) || !existsSync(join(dirname(path), 'profile.json'))) return;
  throw new NetworkError('network-elsewhere', `The network of ${dirname(path)} was not made by \`kesu network up\`: there is a profile.json and no topology.yaml.`, 'docs/several-machines.md says what is done there by hand.');
}

/**
 * The topology in a file.
 * @throws NetworkError `network-missing`, `network-elsewhere`, `topology-malformed` with every fault.
 */
export function readTopology(path: string): Topology {
  requireOneMachine(path);
  if (!existsSync(path)) throw new NetworkError('network-missing', `There is no network in ${dirname(path)}.`, 'Make one with `kesu network up`.');
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new NetworkError('topology-malformed', `${path} is no YAML: ${cause instanceof Error ? cause.message : String(cause)}.`, 'Correct the file and run `kesu network up` again.', { cause });
  }
  const parsed = topologySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter((part) => part !== '').join(': '));
  throw new NetworkError('topology-malformed', `${path} can't be used: ${faults.join('; ')}.`, 'Correct the file and run `kesu network up` again.');
}

const HEADER = `# The network as \`kesu network up\` makes it. Change ports and batch settings before the first start:
# channel settings are written into the genesis block and change later by channel update only.
`;

/** Writes a topology's file whole. */
export function writeTopology(path: string, topology: Topology): void {
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, HEADER + stringify(topology, { lineWidth: 0 }));
}
