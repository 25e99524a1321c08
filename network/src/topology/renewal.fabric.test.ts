import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { heldCertificates } from './certificate-check';
import { mspFiles, NetworkLayout, tlsFiles } from './layout';
import { networkDoctor, type Finding } from './network-doctor';
import { networkStatus } from './network-status';
import { networkUp } from './network-up';
import { openNetwork } from './open-network';
import { fabricWorld, type FabricWorld } from './testing/fabric-world';
import { writeTopology } from './topology';

const DAY = 86_400_000;

let world: FabricWorld;

beforeAll(async () => {
  world = await fabricWorld((topology) => ({ ...topology, certificateDays: 1 }));
});

afterAll(() => world.remove());

/** When the certificate ends that a TLS server on loopback shows now, epoch milliseconds. */
function shownUntil(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const wrong = async (): Promise<readonly Finding[]> => (await networkDoctor(world.directory, process.env, () => Date.now())).filter(({ ok }) => !ok);

describe('a network whose certificates end within a day', () => {
  it('is told so by the doctor, and renewed with the keys that its nodes have while its ledger goes on', async () => {
    const layout = new NetworkLayout(world.directory);
    const { topology } = await openNetwork(world.directory, process.env);
    const certificates = heldCertificates({ topology, layout });
    expect(certificates).toHaveLength(30);
    const warned = await wrong();
    expect(warned).toHaveLength(certificates.length);
    expect(new Set(warned.map(({ nextStep }) => nextStep))).toEqual(new Set(['Run `kesu network up --renew` before that day.']));
    const keys = [tlsFiles(join(layout.node('ordering', 'orderer1'), 'tls')).privateKey, mspFiles(layout.identity('node', 'client')).privateKey];
    const before = keys.map((path) => readFileSync(path, 'utf8'));
    const height = (await networkStatus(world.directory, Date.now())).processes.find(({ name }) => name === 'orderer1')?.height ?? 0;

    writeTopology(layout.topology, { ...topology, certificateDays: 365 });
    const { sequence } = await networkUp({ directory: world.directory, environment: process.env, renew: true });

    expect(sequence).toBe(2);
    expect(keys.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
    expect(heldCertificates({ topology, layout }).filter(({ notAfter }) => notAfter < Date.now() + 300 * DAY)).toEqual([]);
    expect(await wrong()).toEqual([]);
    const { processes } = await networkStatus(world.directory, Date.now());
    const shown = await Promise.all(processes.map(async ({ name, ports: [port = 0] }) => ({ name, until: await shownUntil(port) })));
    expect([shown.length, shown.filter(({ until }) => until < Date.now() + 300 * DAY)]).toEqual([13, []]);
    expect(processes.find(({ name }) => name === 'orderer1')?.height ?? 0).toBeGreaterThan(height);
  });
});
