import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { TRANSACTION_NAMES } from '@kesu/chaincode';
import { foundingRequest, kesuVocabulary, type Founder } from '../embedded/testing/ledger-harnesses';
import { FabricLedger } from '../fabric';
import { readConnectionProfile } from '../fabric/connection-profile';
import { launchersIdentity } from '../fabric/testing/test-network';
import { addOrganisation } from './add-organisation';
import { fetchConfiguration, updateChannel, type ChannelConfiguration } from './channel-update';
import { askChaincode } from './chaincode-lifecycle';
import { chaincodeDirectory, chaincodeServer, ownLabel } from './chaincode-build';
import { packageOf, readDeployment } from './deployment';
import { caRootFile } from './enrol-organisation';
import { mspFiles, NetworkLayout, tlsFiles } from './layout';
import { networkDoctor, type Finding } from './network-doctor';
import { networkDown } from './network-down';
import { networkStatus, type NetworkStatus } from './network-status';
import { superviseNetwork, type SuperviseEvent } from './network-supervise';
import { networkUp, networkUpgrade, type UpReport } from './network-up';
import { openNetwork } from './open-network';
import { peerCommandThroughOrderer, toPeers, type NetworkContext } from './peer-command';
import { chaincodeSpec } from './process-specs';
import { NetworkProcesses } from './processes';
import type { NetworkProfile } from './profile';
import { copyOfBuild, fabricWorld, freeBasePort, type FabricWorld } from './testing/fabric-world';
import { scratchDirectory } from './testing/scratch-directory';
import { writeTopology, type Topology } from './topology';

/** What the issue allows for bringing a network up. */
const UP_MILLIS = 30_000;

let world: FabricWorld;
let layout: NetworkLayout;
let processes: NetworkProcesses;

beforeAll(async () => {
  world = await fabricWorld();
  layout = new NetworkLayout(world.directory);
  processes = new NetworkProcesses(layout);
  process.stdout.write(`up with Fabric ${world.report.fabric} in ${world.report.millis} ms: ${world.report.phases.map(({ name, millis }) => `${name} ${millis}`).join(', ')}\n`);
});

afterAll(() => world.remove());

const status = (): Promise<NetworkStatus> => networkStatus(world.directory, Date.now());
const up = (): Promise<UpReport> => networkUp({ directory: world.directory, environment: process.env });
const upgrade = (): Promise<UpReport> => networkUpgrade({ directory: world.directory, environment: process.env });
const context = (): Promise<NetworkContext> => openNetwork(world.directory, process.env);
const pids = async (): Promise<Record<string, number | undefined>> => Object.fromEntries((await status()).processes.map(({ name, pid }) => [name, pid]));
const wrong = async (): Promise<readonly Finding[]> => (await networkDoctor(world.directory, process.env, () => Date.now())).filter(({ ok }) => !ok);

async function changeTopology(change: (topology: Topology) => Topology): Promise<void> {
  writeTopology(layout.topology, change((await context()).topology));
}

async function killed(name: string): Promise<void> {
  process.kill(processes.pid(name) ?? 0, 'SIGKILL');
  while ((await processes.state(name)) === 'running') await wait(20);
}

/** Submits a transaction that only reads, endorsed by the organisations given; answers what the peer's command says. */
async function invoke(endorsers: readonly string[]): Promise<string> {
  const network = await context();
  const { channel, chaincode, organisations } = network.topology;
  const [node] = organisations;
  if (node === undefined) throw new Error('no organisation');
  const peers = toPeers(network, organisations.filter(({ name }) => endorsers.includes(name)));
  const call = ['chaincode', 'invoke', '-C', channel, '-n', chaincode, '-c', '{"Args":["org.hyperledger.fabric:GetMetadata"]}', '--waitForEvent', '--waitForEventTimeout', '30s'];
  return peerCommandThroughOrderer(network, node, [...call, ...peers]).then(
    () => 'VALID',
    (error: unknown) => String(error),
  );
}

/** Submits as the node's client, through a ledger that follows the peer of an organisation. */
async function submitted(homeMspId: string, request: (founder: Founder) => { readonly transaction: string; readonly command: string }): Promise<void> {
  const profile = await readConnectionProfile(layout.profile);
  const { wallets } = JSON.parse(readFileSync(layout.profile, 'utf8')) as NetworkProfile;
  const { mspId, certificatePath, privateKeyPath } = wallets['node-client'] ?? (undefined as never);
  const identity = await launchersIdentity(mspId, certificatePath, privateKeyPath);
  const ledger = await FabricLedger.open({ profile, transactions: TRANSACTION_NAMES, reader: identity, homeMspId });
  try {
    await ledger.submit({ identity, ...request({ network: ledger.network, node: 'provincial-node', organisations: profile.endorsement.organisations }) });
  } finally {
    await ledger.close();
  }
}

/** Paths of a TLS client's certificate and key. */
interface TlsClient {
  readonly certificate: string;
  readonly privateKey: string;
}

/** How a server of HTTP/2 on loopback begins to a TLS client: with its settings, or by refusing it, behind the handshake with TLS 1.3. */
function greeting(port: number, roots: string, client?: TlsClient): Promise<'settings' | 'refused'> {
  const own = client === undefined ? {} : { cert: readFileSync(client.certificate), key: readFileSync(client.privateKey) };
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(roots), ALPNProtocols: ['h2'], ...own });
    socket.once('data', () => {
      resolve('settings');
      socket.destroy();
    });
    socket.once('error', () => resolve('refused'));
    socket.once('close', () => resolve('refused'));
  });
}

/** How the chaincode of an organisation is run. */
async function runningChaincode(name: string) {
  const { topology, programs } = await context();
  const organisation = topology.organisations.find((known) => known.name === name);
  const deployed = readDeployment(layout);
  if (organisation === undefined || deployed === undefined) throw new Error(`${name} runs no chaincode`);
  const { id: packageId, port } = packageOf(deployed, organisation);
  return chaincodeSpec({ topology, layout, paths: programs.paths }, organisation, { packageId, port, sequence: deployed.sequence, server: chaincodeServer(organisation) });
}

describe('a network', () => {
  it('comes up in under 30 s, every process answers, and the doctor finds nothing wrong', async () => {
    expect(world.report.millis).toBeLessThan(UP_MILLIS);
    const { processes: all, sequence } = await status();
    expect(sequence).toBe(1);
    expect(all).toHaveLength(13);
    expect(all.filter(({ state, ails }) => state !== 'running' || ails !== undefined)).toEqual([]);
    expect(all.filter(({ leads }) => leads === true)).toHaveLength(1);
    expect(await wrong()).toEqual([]);
  });

  it('is described to its clients: roots, and identities with the attributes that the contract reads', () => {
    const profile = JSON.parse(readFileSync(layout.profile, 'utf8')) as NetworkProfile;
    expect(Object.keys(profile.wallets).sort()).toEqual(['node-admin', 'node-client', 'notary-admin', 'notary-client', 'platform-admin', 'platform-client']);
    for (const [label, { certificatePath, mspId }] of Object.entries(profile.wallets)) {
      const certificate = new X509Certificate(readFileSync(certificatePath));
      const roots = profile.organisations.find((organisation) => organisation.mspId === mspId)?.roots ?? [];
      expect(roots.some((root) => certificate.verify(new X509Certificate(root).publicKey))).toBe(true);
      expect(certificate.subject).toContain(label.endsWith('admin') ? 'OU=admin' : 'OU=client');
    }
    const client = new X509Certificate(readFileSync(profile.wallets['node-client']?.certificatePath ?? ''));
    expect(client.raw.toString('latin1')).toContain('"kesu.participant":"provincial-node","kesu.role":"provincialNode"');
  });

  it('commits what two organisations endorsed, and not what one did', async () => {
    expect(await invoke(['node', 'notary'])).toBe('VALID');
    expect(await invoke(['platform'])).toContain('ENDORSEMENT_POLICY_FAILURE');
  });

  it('has chaincodes that speak to their own peer and nobody else', async () => {
    const [node, other] = ['node', 'platform'].map((name) => ({ server: tlsFiles(join(layout.chaincode(name), 'server')), caller: tlsFiles(join(layout.chaincode(name), 'caller')) }));
    const [port = 0] = (await runningChaincode('node')).ports;
    const roots = node?.server.root ?? '';
    expect([await greeting(port, roots, node?.caller), await greeting(port, roots), await greeting(port, roots, other?.caller)]).toEqual(['settings', 'refused', 'refused']);
  });

  it('has chaincodes that start for the package of their own build only, and with TLS for both sides only', async () => {
    const { program, args, env, cwd } = await runningChaincode('node');
    const label = env.CHAINCODE_ID ?? '';
    for (const [wrong, words] of [
      [{ CHAINCODE_ID: label.replace(/_[0-9a-f]{4}/, '_0000') }, "it isn't what the organisations approved"],
      [{ CHAINCODE_CLIENT_CA_CERT: '' }, "without TLS for both sides the chaincode doesn't start"],
    ] as const) {
      const { status: code, stderr } = spawnSync(program, args, { cwd, env: { ...process.env, ...env, ...wrong }, encoding: 'utf8', timeout: 20_000 });
      expect([code, stderr]).toEqual([3, expect.stringContaining(words)]);
    }
  });

  it('is continued by a second `up`, which starts nothing', async () => {
    const before = await pids();
    expect((await up()).sequence).toBe(1);
    expect(await pids()).toEqual(before);
  });

  it('tells a process that ended by itself, and `up` starts that one only', async () => {
    const before = await pids();
    await killed('platform-peer');
    expect((await status()).processes.find(({ name }) => name === 'platform-peer')).toMatchObject({ state: 'crashed' });
    await up();
    const after = await pids();
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(['platform-peer']);
    expect(await invoke(['platform', 'notary'])).toBe('VALID');
  });

  it('that is supervised has what ends by itself started again, until it is told to stop, and says what it did', async () => {
    const before = await pids();
    const ending = new AbortController();
    const told: SuperviseEvent[] = [];
    const supervising = superviseNetwork({ directory: world.directory, environment: process.env, tell: (event) => told.push(event), signal: ending.signal });
    await killed('orderer2');
    await killed('notary-chaincode-1');
    const started = (): string[] => told.flatMap((event) => (event.kind === 'started' ? event.processes : []));
    while (started().length < 2) await wait(50);
    ending.abort();
    await supervising;
    const after = await pids();
    expect(Object.keys(after).filter((name) => after[name] !== before[name]).sort()).toEqual(['notary-chaincode-1', 'orderer2']);
    expect(started().sort()).toEqual(['notary-chaincode-1', 'orderer2']);
    expect(told[0]).toMatchObject({ kind: 'ended', processes: expect.arrayContaining([expect.objectContaining({ name: 'orderer2' })]) as unknown });
    await killed('orderer2');
    await wait(2_500);
    expect((await status()).processes.find(({ name }) => name === 'orderer2')).toMatchObject({ state: 'crashed' });
    await up();
    expect(await wrong()).toEqual([]);
  });

  it('with a chaincode that does not listen is diagnosed at that hop', async () => {
    await killed('notary-chaincode-1');
    const findings = await wrong();
    expect(findings.map(({ hop }) => hop)).toEqual([expect.stringMatching(/^notary-chaincode-1 port \d+$/), 'notary chaincode answer']);
    expect(findings[0]?.nextStep).toContain('kesu network up');
    await up();
    expect(await wrong()).toEqual([]);
  });

  it('changes its channel while the first orderer is down', async () => {
    await killed('orderer1');
    const network = await context();
    const [node] = network.topology.organisations;
    if (node === undefined) throw new Error('no organisation');
    const withoutAnchors = { mod_policy: 'Admins', value: { anchor_peers: [] }, version: '0' };
    const ownGroup = (configuration: ChannelConfiguration) => configuration.channel_group.groups?.Application?.groups?.[node.mspId];
    const change = (configuration: ChannelConfiguration): boolean => {
      const group = ownGroup(configuration);
      if (group?.values === undefined) throw new Error('the organisation is not in the channel');
      group.values.AnchorPeers = withoutAnchors;
      return true;
    };
    expect(await updateChannel(network, { signers: [node], change })).toBe(true);
    expect(ownGroup(await fetchConfiguration(network, { as: node }))?.values).toHaveProperty('AnchorPeers');
    expect(await invoke(['node', 'platform'])).toBe('VALID');
    await up();
  });

  it('without a leader is diagnosed, and comes back', async () => {
    await Promise.all([killed('orderer1'), killed('orderer2')]);
    expect((await wrong()).map(({ hop }) => hop)).toEqual(expect.arrayContaining(['ordering leader', 'orderer1 channel', 'orderer2 channel']));
    await up();
    expect(await invoke(['node', 'platform'])).toBe('VALID');
  });
});

describe('bad input', () => {
  it('a certificate of another authority is refused before anything starts', async () => {
    await killed('notary-ca');
    const own = mspFiles(join(layout.node('notary', 'peer'), 'msp')).certificate;
    const other = readFileSync(mspFiles(join(layout.node('node', 'peer'), 'msp')).certificate);
    const kept = readFileSync(own);
    writeFileSync(own, other);
    await expect(up()).rejects.toMatchObject({ code: 'certificate-foreign', nextStep: expect.stringContaining('kesu network up') });
    expect(await processes.state('notary-ca')).toBe('crashed');
    writeFileSync(own, kept);
    await up();
  });

  it('an authority whose root is gone is not let make a new one', async () => {
    const root = caRootFile(layout, 'platform');
    renameSync(root, `${root}.away`);
    await expect(up()).rejects.toMatchObject({ code: 'authority-roots-missing' });
    renameSync(`${root}.away`, root);
    await up();
  });

  it('a port in use leaves nothing running and says which', async () => {
    const directory = join(scratchDirectory(), 'network');
    const basePort = await freeBasePort();
    const server = createServer((socket) => socket.destroy()).listen(basePort + 11, '127.0.0.1');
    await once(server, 'listening');
    try {
      const refused = networkUp({ directory, basePort, environment: process.env });
      await expect(refused).rejects.toMatchObject({ code: 'port-in-use', detail: `Another process listens on port ${basePort + 11} (for node-peer).` });
      expect(new NetworkProcesses(new NetworkLayout(directory)).started()).toEqual([]);
    } finally {
      server.close();
      await once(server, 'close');
    }
  });

  it('two commands at once exclude one another', async () => {
    const [first, second] = await Promise.allSettled([up(), up()]);
    const refused = [first, second].filter((result) => result.status === 'rejected');
    expect(refused).toEqual([{ status: 'rejected', reason: expect.objectContaining({ code: 'network-busy' }) }]);
  });

  it('another base port for a network that exists is refused', async () => {
    await expect(networkUp({ directory: world.directory, basePort: world.basePort + 1, environment: process.env })).rejects.toMatchObject({ code: 'network-exists' });
  });
});

describe('an upgrade', () => {
  it('is refused while an organisation holds another build, and what ran runs on', async () => {
    const changed = copyOfBuild(join(world.directory, 'builds', 'changed'));
    writeFileSync(join(changed, 'lib', 'more.js'), '');
    await changeTopology((topology) => ({ ...topology, organisations: topology.organisations.map((organisation) => (organisation.name === 'platform' ? { ...organisation, chaincodeDirectory: changed } : organisation)) }));
    await expect(upgrade()).rejects.toMatchObject({ code: 'build-mismatch', detail: expect.stringMatching(/node has kesu_\w+, platform has kesu_\w+, notary has kesu_\w+/) });
    expect(await invoke(['node', 'platform'])).toBe('VALID');
    expect((await status()).sequence).toBe(1);
  });

  it('to a new build is committed as the next sequence while the chaincode answers without a break', async () => {
    const changed = join(world.directory, 'builds', 'changed');
    await changeTopology((topology) => ({ ...topology, organisations: topology.organisations.map((organisation) => ({ ...organisation, chaincodeDirectory: changed })) }));
    const network = await context();
    let isOver = false;
    const failures: string[] = [];
    let answers = 0;
    const asking = Promise.all(
      network.topology.organisations.map(async (organisation) => {
        while (!isOver) {
          await askChaincode(network, organisation).then(
            () => answers++,
            (error: unknown) => failures.push(String(error)),
          );
        }
      }),
    );
    const report = await upgrade().finally(() => {
      isOver = true;
    });
    await asking;
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(10);
    expect(report.sequence).toBe(2);
    const [node] = network.topology.organisations;
    expect((await status()).build).toBe(node === undefined ? '' : ownLabel(network.topology, node));
    expect(node === undefined ? '' : chaincodeDirectory(node)).toBe(changed);
    expect((await status()).processes.filter(({ kind }) => kind === 'chaincode').map(({ name, state }) => `${name} ${state}`)).toEqual(['node-chaincode-2 running', 'platform-chaincode-2 running', 'notary-chaincode-2 running']);
    expect(await processes.state('node-chaincode-1')).toBe('stopped');
    expect(await invoke(['node', 'notary'])).toBe('VALID');
  });

  it('with nothing new changes nothing', async () => {
    expect((await upgrade()).sequence).toBe(2);
  });

  it('is asked for when the build on disk is no longer the one deployed', async () => {
    await killed('node-chaincode-2');
    writeFileSync(join(world.directory, 'builds', 'changed', 'lib', 'yet-more.js'), '');
    await expect(up()).rejects.toMatchObject({ code: 'build-mismatch', nextStep: expect.stringContaining('kesu network upgrade') });
    rmSync(join(world.directory, 'builds', 'changed', 'lib', 'yet-more.js'));
    await up();
  });
});

describe('a further organisation', () => {
  it('is let in, and one of the present thrown out, by no organisation alone', async () => {
    const network = await context();
    const [node, platform] = network.topology.organisations;
    if (node === undefined || platform === undefined) throw new Error('no organisation');
    const withoutPlatform = (configuration: ChannelConfiguration): boolean => delete configuration.channel_group.groups?.Application?.groups?.[platform.mspId];
    await expect(updateChannel(network, { signers: [node], change: withoutPlatform })).rejects.toMatchObject({ code: 'update-refused', detail: expect.stringMatching(/1 sub-policies were satisfied, but this policy requires 2 of the 'Admins' sub-policies/) });
    expect(Object.keys((await fetchConfiguration(network, { as: node })).channel_group.groups?.Application?.groups ?? {})).toContain(platform.mspId);
  });

  it('is let in by the present ones, follows the chain, and endorses after an upgrade that names it', async () => {
    await changeTopology((topology) => ({ ...topology, organisations: topology.organisations.map(({ chaincodeDirectory: _, ...organisation }) => organisation) }));
    await upgrade();
    const bank = await addOrganisation({ directory: world.directory, organisation: { name: 'bank', mspId: 'BankMSP', title: 'bank', client: { role: 'recipient', participant: 'example-city-bank' } }, environment: process.env });
    expect(bank.peer.port).toBe(world.basePort + 29);
    const { processes: all } = await status();
    const heights = all.filter(({ kind }) => kind === 'peer').map(({ height }) => height);
    expect(heights).toHaveLength(4);
    expect(new Set(heights).size).toBe(1);
    expect(await invoke(['bank', 'node'])).toContain('ENDORSEMENT_POLICY_FAILURE');
    // Its gateway follows its own peer, whose endorsement counts for nothing yet.
    await submitted('BankMSP', (founder) => foundingRequest('f'.repeat(32), founder));
    await changeTopology((topology) => ({ ...topology, endorsement: { required: 3, organisations: [...topology.endorsement.organisations, 'BankMSP'] } }));
    await upgrade();
    expect(await invoke(['bank', 'node'])).toContain('ENDORSEMENT_POLICY_FAILURE');
    expect(await invoke(['bank', 'node', 'platform'])).toBe('VALID');
    await submitted('BankMSP', (founder) => kesuVocabulary(founder).write('e'.repeat(32)));
    expect(await wrong()).toEqual([]);
  });

  it('that takes part already is refused', async () => {
    await expect(
      addOrganisation({ directory: world.directory, organisation: { name: 'second', mspId: 'BankMSP', title: 'second', client: { role: 'recipient', participant: 'example-city-bank' } }, environment: process.env }),
    ).rejects.toMatchObject({ code: 'organisation-known' });
  });
});

describe('the end', () => {
  it('stops what was started; the ledger stays, and comes up as it was', async () => {
    const before = (await status()).processes.find(({ name }) => name === 'node-peer')?.height ?? 0;
    const { stopped } = await networkDown(world.directory);
    expect(stopped).toHaveLength(16);
    expect((await status()).processes.every(({ state }) => state === 'stopped')).toBe(true);
    await up();
    expect((await status()).processes.find(({ name }) => name === 'node-peer')?.height).toBe(before);
    expect(await invoke(['platform', 'notary', 'bank'])).toBe('VALID');
  });

  it('ends the supervision of a network that is brought down, which stays down, though a start had failed before', async () => {
    const told: SuperviseEvent[] = [];
    const environment = { ...process.env, FABRIC_BIN: '/nowhere' };
    const supervising = superviseNetwork({ directory: world.directory, environment, tell: (event) => told.push(event), signal: new AbortController().signal });
    // What can't be started is told, with what did not run; what runs goes on.
    await killed('notary-peer');
    while (told.length < 2) await wait(50);
    expect(told.map(({ kind }) => kind)).toEqual(['ended', 'failed']);
    environment.FABRIC_BIN = process.env.FABRIC_BIN ?? '';
    while (!told.some(({ kind }) => kind === 'started')) await wait(50);
    expect((await status()).processes.every(({ state }) => state === 'running')).toBe(true);
    told.length = 0;
    await networkDown(world.directory);
    await supervising;
    expect(told).toEqual([]);
    expect((await status()).processes.every(({ state }) => state === 'stopped')).toBe(true);
  });
});
