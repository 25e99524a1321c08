import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A fabric-ca-server that runs for a test, on loopback and with TLS. */
export interface TestFabricCa {
  readonly url: string;
  readonly port: number;
  readonly caName: string;
  /** Its root, which its TLS certificate chains to. */
  readonly tlsRoots: readonly string[];
  readonly registrar: { readonly id: string; readonly secret: string };
  /** Ends the process and removes its home. */
  stop(): Promise<void>;
}

const CA_NAME = 'test-ca';
const START_MILLIS = 60_000;

/** Where a program of Fabric lies: in `FABRIC_BIN` if that is set, else on `PATH`. @throws Error when it doesn't: a test must fail without it. */
export function fabricProgram(name: string): string {
  const directories = (process.env.FABRIC_BIN ?? process.env.PATH ?? '').split(delimiter);
  const found = directories.map((directory) => join(directory, name)).find(isExecutable);
  if (found === undefined) throw new Error(`${name} is neither in FABRIC_BIN nor on PATH`);
  return found;
}

/** Starts one whose certificate names `hosts`. */
export async function startFabricCa(hosts: readonly string[] = ['127.0.0.1', 'localhost']): Promise<TestFabricCa> {
  const program = fabricProgram('fabric-ca-server');
  const home = mkdtempSync(join(tmpdir(), 'kesu-ca-'));
  const port = await freePort();
  const registrar = { id: 'registrar', secret: 'the-registrars-secret' };
  const flags = ['-b', `${registrar.id}:${registrar.secret}`, '-n', CA_NAME, '-H', home, '--address', '127.0.0.1', '-p', `${port}`];
  const child = spawn(program, ['start', ...flags, '--tls.enabled', '--csr.hosts', hosts.join()], {
    env: { PATH: process.env.PATH, FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS: '127.0.0.1:0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await listening(child);
  } catch (error) {
    await stop();
    throw error;
  }
  const tlsRoots = [readFileSync(join(home, 'ca-cert.pem'), 'utf8')];
  return { url: `https://127.0.0.1:${port}`, port, caName: CA_NAME, tlsRoots, registrar, stop };
}

/** A port of loopback that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The server says so in its log; the log is read on so that it never blocks. */
async function listening(child: ChildProcess): Promise<void> {
  if (child.stderr === null) throw new Error('fabric-ca-server has no log');
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const failed = (): void => reject(new Error(`fabric-ca-server did not start: ${lines.slice(-5).join(' | ')}`));
    const timer = setTimeout(failed, START_MILLIS);
    child.once('exit', failed);
    child.once('error', reject);
    createInterface({ input: child.stderr ?? process.stdin }).on('line', (line) => {
      lines.push(line);
      if (!line.includes('Listening on https://')) return;
      clearTimeout(timer);
      child.off('exit', failed);
      resolve();
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
