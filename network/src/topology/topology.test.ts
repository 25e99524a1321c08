import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { NetworkError } from './network-error';
import { scratchDirectory } from './testing/scratch-directory';
import { defaultTopology, nextFreePort, organisationAt, portsOf, readTopology, topologySchema, writeTopology, type Topology } from './topology';

const refusals = (value: unknown): string[] => topologySchema.safeParse(value).error?.issues.map(({ message, path }) => `${path.join('.')} ${message}`.trim()) ?? [];

function changed(change: (topology: Topology) => void): Topology {
  const topology = defaultTopology(7050);
  change(topology);
  return topology;
}

function thrown(act: () => unknown): NetworkError {
  try {
    act();
  } catch (error) {
    if (error instanceof NetworkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the default topology', () => {
  it('has three orderers and the three organisations of which two must endorse', () => {
    const topology = defaultTopology(7050);
    expect(topology.ordering.nodes).toHaveLength(3);
    expect(topology.organisations.map(({ mspId }) => mspId)).toEqual(['NodeMSP', 'PlatformMSP', 'JudicialMSP']);
    expect(topology.endorsement).toEqual({ required: 2, organisations: ['NodeMSP', 'PlatformMSP', 'JudicialMSP'] });
  });

  it('gives each port once, from its base on without a gap', () => {
    const ports = portsOf(defaultTopology(21_000)).map(({ port }) => port);
    expect([...ports].sort((a, b) => a - b)).toEqual(Array.from({ length: 28 }, (_, index) => 21_000 + index));
  });

  it('listens on loopback only', () => {
    expect(refusals(changed((topology) => Object.assign(topology, { host: '0.0.0.0' })))).toEqual([expect.stringContaining('host')]);
  });

  it('is read back as it was written', () => {
    const path = join(scratchDirectory(), 'deep', 'topology.yaml');
    writeTopology(path, defaultTopology(9_000));
    expect(readTopology(path)).toEqual(defaultTopology(9_000));
  });
});

describe('a topology', () => {
  it.each([
    [9, false],
    [10, true],
    [50, true],
    [51, false],
  ])('with a block timeout of %d ms is accepted: %s', (timeoutMillis, isAccepted) => {
    expect(topologySchema.safeParse(changed((topology) => Object.assign(topology.batch, { timeoutMillis }))).success).toBe(isAccepted);
  });

  it.each([
    ['more than 500 transactions a block', (topology: Topology) => Object.assign(topology.batch, { maxTransactions: 501 }), 'maxTransactions'],
    ['a port below 1024', (topology: Topology) => Object.assign(topology.ordering.ca, { port: 80 }), 'ordering.ca.port'],
    ['a port given twice', (topology: Topology) => Object.assign(topology.ordering.ca, { port: 7_060 }), 'port 7060 is given twice'],
    ['a name given twice', (topology: Topology) => Object.assign(topology.organisations[1] ?? {}, { name: 'node' }), 'two organisations are called node'],
    ['an MSP id given twice', (topology: Topology) => Object.assign(topology.organisations[1] ?? {}, { mspId: 'OrdererMSP' }), 'two organisations have the MSP id OrdererMSP'],
    ['an orderer given twice', (topology: Topology) => Object.assign(topology.ordering.nodes[1] ?? {}, { name: 'orderer1' }), 'two orderers are called orderer1'],
    ['a stranger that endorses', (topology: Topology) => topology.endorsement.organisations.push('StrangerMSP'), 'StrangerMSP endorses but is no organisation with a peer'],
    ['one organisation that may write alone', (topology: Topology) => Object.assign(topology.endorsement, { required: 1 }), 'one organisation alone could write: two endorsements at least are required'],
    ['an endorser named twice', (topology: Topology) => topology.endorsement.organisations.push('NodeMSP'), 'NodeMSP endorses twice'],
    ['a node that does not endorse', (topology: Topology) => topology.endorsement.organisations.shift(), "NodeMSP, the provincial node's organisation, does not endorse"],
    ['more endorsements than endorsers', (topology: Topology) => Object.assign(topology.endorsement, { required: 4 }), 'more endorsements are required than organisations endorse'],
    ['a preferred size above the absolute one', (topology: Topology) => Object.assign(topology.batch, { preferredKiB: 10_240, absoluteKiB: 1_024 }), 'preferredKiB is larger than absoluteKiB'],
    ['a role that no participant has', (topology: Topology) => Object.assign(topology.organisations[0]?.client ?? {}, { role: 'king' }), 'client.role'],
    ['an unknown member', (topology: Topology) => Object.assign(topology, { docker: true }), 'docker'],
    ['a path for a name', (topology: Topology) => Object.assign(topology.organisations[0] ?? {}, { name: '../../etc' }), 'organisations.0.name'],
  ])('with %s is refused', (_what, change, said) => {
    expect(refusals(changed(change)).join('\n')).toContain(said);
  });

  it('grows behind its last port', () => {
    const topology = defaultTopology(7_050);
    const bank = organisationAt(nextFreePort(topology), { name: 'bank', mspId: 'BankMSP', title: 'bank', client: { role: 'recipient', participant: 'example-city-bank' } });
    expect(topologySchema.safeParse({ ...topology, organisations: [...topology.organisations, bank] }).success).toBe(true);
  });
});

describe('a topology file', () => {
  it('that is missing sends to `kesu network up`', () => {
    const error = thrown(() => readTopology(join(scratchDirectory(), 'topology.yaml')));
    expect(error.code).toBe('network-missing');
    expect(error.message).toMatch(/^There is no network in .*\. Make one with `kesu network up`\.$/);
  });

  it('with faults is refused in one sentence that names them all', () => {
    const path = join(scratchDirectory(), 'topology.yaml');
    writeTopology(path, defaultTopology(7_050));
    const value = parse(readFileSync(path, 'utf8')) as Topology;
    writeFileSync(path, stringify({ ...value, batch: { ...value.batch, timeoutMillis: 2_000 }, channel: 'Kesu!' }));
    const error = thrown(() => readTopology(path));
    expect(error.code).toBe('topology-malformed');
    expect(error.detail).toContain('batch.timeoutMillis');
    expect(error.detail).toContain('channel');
    expect(error.nextStep).toContain('kesu network up');
  });

  it('that is no YAML is refused', () => {
    const path = join(scratchDirectory(), 'topology.yaml');
    writeFileSync(path, 'version: [1');
    expect(thrown(() => readTopology(path)).code).toBe('topology-malformed');
  });
});
