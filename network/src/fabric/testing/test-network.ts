import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner, DevelopmentAuthority, isKeyOfCertificate, type Identity } from '@kesu/certs';
import { TRANSACTION_NAMES } from '@kesu/chaincode';
import { CAST, enrol, LedgerWorld } from '../../testing/ledger-world';
import { networkDown, networkUp, openNetwork, updateChannel } from '../../topology';
import { NetworkLayout } from '../../topology/layout';
import { readTopology, type Topology } from '../../topology/topology';
import { type ConnectionProfile, readConnectionProfile } from '../connection-profile';
import { FabricLedger, type FabricLedgerOptions } from '../fabric-ledger';

/** A network takes at most so many ports from its base on. */
const PORTS = 40;

/**
 * A Fabric network of its own in a temporary directory, from the programs in `FABRIC_BIN`; or the one in the directory that
 * `KESU_FABRIC_NETWORK` names, left running. Its certificates are issued here, by the very keys of its fabric-ca servers.
 */
export class FabricTestNetwork {
  private constructor(
    readonly directory: string,
    readonly profile: ConnectionProfile,
    readonly topology: Topology,
    /** By MSP id. */
    readonly authorities: ReadonlyMap<string, DevelopmentAuthority>,
    private readonly isOwn: boolean,
  ) {}

  /** Brings it up. @throws NetworkError when there are no programs: a test of Fabric is never skipped. */
  static async up(): Promise<FabricTestNetwork> {
    const given = process.env.KESU_FABRIC_NETWORK;
    const directory = given ?? (await mkdtemp(join(tmpdir(), 'kesu-fabric-')));
    await networkUp({ directory, basePort: await freeBasePort(), environment: process.env });
    const layout = new NetworkLayout(directory);
    const profile = await readConnectionProfile(layout.profile);
    const topology = readTopology(layout.topology);
    const authorities = new Map<string, DevelopmentAuthority>();
    for (const { name, mspId } of topology.organisations) authorities.set(mspId, await authorityOf(layout.ca(name), mspId));
    return new FabricTestNetwork(directory, profile, topology, authorities, given === undefined);
  }

  /** Starts again what a test ended. */
  async upAgain(): Promise<void> {
    await networkUp({ directory: this.directory, environment: process.env });
  }

  /** Puts certificates on the organisation's revocation list and the list into the channel, signed by its own administrator. */
  async revoke(mspId: string, serials: readonly string[]): Promise<void> {
    const authority = this.authorities.get(mspId);
    const signer = this.topology.organisations.find((organisation) => organisation.mspId === mspId);
    if (signer === undefined) throw new Error(`no organisation ${mspId}`);
    const list = Buffer.from((await authority?.revoke(serials, 'keyCompromise')) ?? '').toString('base64');
    await updateChannel(await openNetwork(this.directory, process.env), {
      signers: [signer],
      change: (configuration) => {
        const organisation = configuration.channel_group.groups?.Application?.groups?.[mspId];
        (organisation?.values?.MSP as { value: { config: { revocation_list: string[] } } }).value.config.revocation_list = [list];
        return true;
      },
    });
  }

  /** Ends everything; a network of its own leaves nothing behind. */
  async down(): Promise<void> {
    if (this.isOwn) await networkDown(this.directory, { purge: true });
  }

  /** A fresh identity of a member. @param until when it expires, epoch milliseconds. */
  caller(participant: string, role: string, mspId: string, until?: number): Promise<Identity & { readonly serial: string }> {
    return enrol(this.authorities, participant, role, mspId, until);
  }

  /** A ledger, connected. */
  async ledger(options: Partial<FabricLedgerOptions> = {}): Promise<FabricLedger> {
    const reader = options.reader ?? (await this.caller('reader', 'auditor', 'NodeMSP'));
    return FabricLedger.open({ profile: this.profile, transactions: TRANSACTION_NAMES, ...options, reader });
  }

  /** The cast of a world, enrolled at this network's authorities. */
  async cast(): Promise<Map<string, Identity>> {
    const identities = new Map<string, Identity>();
    for (const [id, { role, mspId }] of Object.entries(CAST)) identities.set(id, await this.caller(id, role, mspId));
    return identities;
  }

  /** Founds the world of the contracts' tests on this network, under the machine's own clock. */
  async world(ledger: FabricLedger, identities?: ReadonlyMap<string, Identity>): Promise<LedgerWorld<FabricLedger>> {
    const clock = {
      get time(): number {
        return Date.now();
      },
      now: () => Date.now(),
    };
    return LedgerWorld.over({
      ledger,
      identities: identities ?? (await this.cast()),
      clock,
      authorities: this.authorities,
      organisations: this.topology.organisations.map(({ mspId }) => mspId),
      seed: `${this.directory} ${Date.now()} `,
      root: join(this.directory, 'no-directory-of-its-own'),
    });
  }

  /** The process id of one of the network's processes, e.g. `orderer1`, `node-peer`. */
  async pidOf(name: string): Promise<number> {
    const { pid } = JSON.parse(await readFile(join(new NetworkLayout(this.directory).processes, `${name}.json`), 'utf8')) as { pid: number };
    return pid;
  }
}

/** The wallet's identity that the launcher enrolled. */
export async function launchersIdentity(mspId: string, certificatePath: string, privateKeyPath: string): Promise<Identity> {
  return { mspId, certificate: await readFile(certificatePath, 'utf8'), sign: createSigner(await readFile(privateKeyPath, 'utf8')) };
}

/** An issuer over the key of a fabric-ca-server, so that tests get certificates that no server would issue: expired ones. */
async function authorityOf(home: string, mspId: string): Promise<DevelopmentAuthority> {
  const certificate = await readFile(join(home, 'ca-cert.pem'), 'utf8');
  const keystore = join(home, 'msp', 'keystore');
  const keys = await Promise.all((await readdir(keystore)).map((file) => readFile(join(keystore, file), 'utf8').catch(() => '')));
  const privateKey = keys.find((key) => isKeyOfCertificate(key, certificate));
  if (privateKey === undefined) throw new Error(`no key in ${keystore} belongs to ${new X509Certificate(certificate).subject}`);
  const entries = new Map<string, Uint8Array>([[`authority/${mspId}/root`, Buffer.from(JSON.stringify({ mspId, certificate, privateKey }))]]);
  const storage = {
    get: async (key: string) => entries.get(key),
    put: async (key: string, value: Uint8Array) => void entries.set(key, value),
    delete: async (key: string) => void entries.delete(key),
    list: async (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
  return DevelopmentAuthority.open({ mspId, now: () => Date.now(), storage });
}

async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 400) * PORTS;
    const free = await Promise.all(Array.from({ length: PORTS }, (_, offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
