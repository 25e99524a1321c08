import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MemoryStorage, openFabricCa, PARTICIPANT_ATTRIBUTE, ROLE_ATTRIBUTE, type FabricCa, type StoredIdentity } from '@kesu/certs';
import { updateChannel } from './channel-update';
import { caTlsRoots, registrarOf } from './enrol-organisation';
import { identityCaName } from './ca-config';
import { mspFiles, tlsFiles } from './layout';
import { networkDown } from './network-down';
import { NetworkError } from './network-error';
import { networkUp } from './network-up';
import { openNetwork } from './open-network';
import type { NetworkContext } from './peer-command';
import { NetworkProcesses } from './processes';
import { publishRevocations } from './publish-revocations';
import { runProgram } from './run-program';
import type { PeerOrganisation } from './topology';

let directory: string;
let context: NetworkContext;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kesu-revocation-'));
  await bringUp();
  context = await openNetwork(directory, process.env);
});

afterAll(async () => {
  await networkDown(directory, { purge: true });
  rmSync(directory, { recursive: true, force: true });
});

/** Below the ports that the system gives out by itself; another network may be there. */
async function bringUp(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const basePort = randomInt(11_000, 31_000);
    try {
      await networkUp({ directory, basePort, environment: process.env });
      return;
    } catch (error) {
      if (!(error instanceof NetworkError) || error.code !== 'port-in-use' || attempt === 10) throw error;
      await networkDown(directory, { purge: true });
    }
  }
}

function organisationNamed(name: string): PeerOrganisation {
  const organisation = context.topology.organisations.find((known) => known.name === name);
  if (organisation === undefined) throw new Error(`no organisation ${name}`);
  return organisation;
}

function authorityOf(organisation: PeerOrganisation): FabricCa {
  const { topology, layout } = context;
  const { name, mspId, ca } = organisation;
  return openFabricCa({
    url: `https://${topology.host}:${ca.port}`,
    caName: identityCaName(organisation),
    tlsRoots: caTlsRoots(layout, name),
    mspId,
    registrar: registrarOf(layout, name),
    storage: new MemoryStorage(),
    now: Date.now,
  });
}

/** Asks one peer with an identity; what it refuses is in the error. */
function query(identity: StoredIdentity, target: PeerOrganisation): Promise<unknown> {
  const { topology, layout, programs } = context;
  const msp = mkdtempSync(join(directory, 'identity-'));
  const files = mspFiles(msp);
  const own = mspFiles(layout.msp(organisationOf(identity.mspId).name));
  for (const [path, text] of [
    [files.certificate, identity.certificate],
    [files.privateKey, identity.privateKey],
    [files.root, readFileSync(own.root, 'utf8')],
    [files.config, readFileSync(own.config, 'utf8')],
  ] as const) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return runProgram(programs.paths.peer, ['chaincode', 'query', '-C', topology.channel, '-n', topology.chaincode, '-c', '{"Args":["org.hyperledger.fabric:GetMetadata"]}'], {
    FABRIC_CFG_PATH: layout.node(target.name, target.peer.name),
    FABRIC_LOGGING_SPEC: 'error',
    CORE_PEER_LOCALMSPID: identity.mspId,
    CORE_PEER_MSPCONFIGPATH: msp,
    CORE_PEER_ADDRESS: `${topology.host}:${target.peer.port}`,
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: tlsFiles(join(layout.node(target.name, target.peer.name), 'tls')).root,
  });
}

function organisationOf(mspId: string): PeerOrganisation {
  const organisation = context.topology.organisations.find((known) => known.mspId === mspId);
  if (organisation === undefined) throw new Error(`no organisation ${mspId}`);
  return organisation;
}

async function aParticipant(ca: FabricCa, id: string) {
  const { secret } = await ca.register({ id, role: 'client', attributes: { [ROLE_ATTRIBUTE]: 'platform', [PARTICIPANT_ATTRIBUTE]: id } });
  return ca.enroll({ id, secret });
}

describe('a revocation on a Fabric network', () => {
  it('is refused by every peer when it is published, and the identity’s colleague isn’t', async () => {
    const platform = organisationNamed('platform');
    const ca = authorityOf(platform);
    const [lost, kept] = [await aParticipant(ca, 'lost'), await aParticipant(ca, 'kept')];
    for (const target of context.topology.organisations) await query(lost, target);
    const { serials } = await ca.revoke({ kind: 'identity', id: 'lost', reason: 'keyCompromise' });
    for (const target of context.topology.organisations) await query(lost, target);
    const published = await publishRevocations(context, { organisation: platform, serials, revocationList: () => ca.revocationList() });
    expect(published).toEqual({ changed: true, peers: context.topology.organisations.map(({ name }) => ({ organisation: name, refuses: true })) });
    for (const target of context.topology.organisations) {
      await expect(query(lost, target)).rejects.toMatchObject({ detail: expect.stringMatching(/access denied.*creator org \[PlatformMSP\]/) });
      await query(kept, target);
    }
    const again = await publishRevocations(context, { organisation: platform, serials, revocationList: () => ca.revocationList() });
    expect(again).toEqual({ ...published, changed: false });
  });

  it('is not done before the last peer has it', async () => {
    const [node, platform, notary] = [organisationNamed('node'), organisationNamed('platform'), organisationNamed('notary')];
    const ca = authorityOf(platform);
    const lost = await aParticipant(ca, 'late');
    const { serials } = await ca.revoke({ kind: 'identity', id: 'late', reason: 'keyCompromise' });
    const pid = new NetworkProcesses(context.layout).pid('notary-peer') ?? 0;
    process.kill(pid, 'SIGSTOP');
    let isDone = false;
    const publishing = publishRevocations(context, { organisation: platform, serials, revocationList: () => ca.revocationList() }).finally(() => (isDone = true));
    try {
      for (const target of [node, platform]) while (await query(lost, target).then(() => true, () => false));
      expect(isDone).toBe(false);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await publishing).peers.map(({ refuses }) => refuses)).toEqual([true, true, true]);
    await expect(query(lost, notary)).rejects.toBeInstanceOf(NetworkError);
  });

  it('of two at once keeps both', async () => {
    const platform = organisationNamed('platform');
    const ca = authorityOf(platform);
    const identities = [await aParticipant(ca, 'first'), await aParticipant(ca, 'second')];
    await Promise.all(
      ['first', 'second'].map(async (id) => {
        const { serials } = await ca.revoke({ kind: 'identity', id, reason: 'superseded' });
        await publishRevocations(context, { organisation: platform, serials, revocationList: () => ca.revocationList() });
      }),
    );
    for (const identity of identities) await expect(query(identity, platform)).rejects.toBeInstanceOf(NetworkError);
  });

  it('is not done by another organisation’s administrator', async () => {
    const [platform, notary] = [organisationNamed('platform'), organisationNamed('notary')];
    const ca = authorityOf(platform);
    const identity = await aParticipant(ca, 'foreign');
    const { revocationList } = await ca.revoke({ kind: 'identity', id: 'foreign', reason: 'superseded' });
    const update = updateChannel(context, {
      signers: [notary],
      change: (configuration) => {
        const msp = configuration.channel_group.groups?.Application?.groups?.PlatformMSP?.values?.MSP as { value: { config: { revocation_list: string[] } } };
        msp.value.config.revocation_list = [Buffer.from(revocationList).toString('base64')];
        return true;
      },
    });
    await expect(update).rejects.toMatchObject({ code: 'update-refused' });
    await query(identity, platform);
  });

  it('that the authority has not made is not published', async () => {
    const platform = organisationNamed('platform');
    const ca = authorityOf(platform);
    const { serial } = await aParticipant(ca, 'innocent');
    const publication = publishRevocations(context, { organisation: platform, serials: [serial], revocationList: () => ca.revocationList() });
    await expect(publication).rejects.toMatchObject({ code: 'authority-refused' });
  });
});
