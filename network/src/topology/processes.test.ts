import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isPortFree, requireFreePorts } from './free-ports';
import { NetworkLayout } from './layout';
import { ProcessGroup } from './process-group';
import { NetworkProcesses, type ProcessSpec } from './processes';
import { scratchDirectory } from './testing/scratch-directory';

/** A process that runs a script; its health is never good, as nothing listens. */
function aProcess(directory: string, name: string, script: string, parts: Partial<ProcessSpec> = {}): ProcessSpec {
  const roots = join(directory, 'roots.pem');
  writeFileSync(roots, '');
  return {
    name,
    kind: 'peer',
    organisation: 'node',
    program: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: directory,
    ports: [],
    health: { kind: 'https', port: 1, path: '/healthz', roots },
    ...parts,
  };
}

const FOREVER = 'setInterval(() => {}, 1000)';

function pidFile(directory: string, name: string): string {
  return join(directory, 'processes', `${name}.json`);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(20);
}

describe('a process of the network', () => {
  it('runs apart from us, writes to its log and is stopped by its pid file', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    await processes.start(aProcess(directory, 'one', `console.log('hello'); ${FOREVER}`));
    expect(await processes.state('one')).toBe('running');
    const pid = processes.pid('one') ?? 0;
    await until(() => Promise.resolve(readFileSync(processes.log('one'), 'utf8').includes('hello')));
    await processes.stop('one');
    expect(await processes.state('one')).toBe('stopped');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('that ended by itself is told from one that was stopped', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    await processes.start(aProcess(directory, 'brief', "console.error('panic: no bread'); process.exit(2)"));
    await until(async () => (await processes.state('brief')) === 'crashed');
    expect(processes.lastWords('brief')).toBe('panic: no bread');
    expect(await processes.state('never')).toBe('stopped');
  });

  it('that ends while it starts is an error with its last words and its log', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    const spec = aProcess(directory, 'brief', "console.error('panic: no bread'); process.exit(2)");
    await processes.start(spec);
    await expect(processes.ready(spec)).rejects.toMatchObject({ code: 'process-ended', detail: 'brief ended while it started: panic: no bread', nextStep: expect.stringContaining('brief.log') });
  });

  it('whose pid was given to another since is left alone', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    await processes.start(aProcess(directory, 'other', FOREVER));
    const written = JSON.parse(readFileSync(pidFile(directory, 'other'), 'utf8')) as { pid: number; started: string };
    writeFileSync(pidFile(directory, 'other'), JSON.stringify({ ...written, started: `${written.started}0` }));
    await processes.stop('other');
    expect(existsSync(pidFile(directory, 'other'))).toBe(false);
    expect(process.kill(written.pid, 0)).toBe(true);
    process.kill(written.pid, 'SIGKILL');
  });

  it('that can not be run is an error', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    await expect(processes.start(aProcess(directory, 'none', '', { program: join(directory, 'no-such-program') }))).rejects.toMatchObject({ code: 'program-missing' });
    expect(await processes.state('none')).toBe('stopped');
  });

  it('gets none of our own settings for Fabric', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    process.env.CORE_PEER_ADDRESS = 'elsewhere:7051';
    try {
      await processes.start(aProcess(directory, 'clean', `console.log(JSON.stringify(process.env)); ${FOREVER}`, { env: { FABRIC_CFG_PATH: '/here' } }));
    } finally {
      delete process.env.CORE_PEER_ADDRESS;
    }
    await until(() => Promise.resolve(readFileSync(processes.log('clean'), 'utf8').endsWith('\n')));
    const environment = JSON.parse(readFileSync(processes.log('clean'), 'utf8')) as NodeJS.ProcessEnv;
    await processes.stop('clean');
    expect(environment.FABRIC_CFG_PATH).toBe('/here');
    expect(environment.CORE_PEER_ADDRESS).toBeUndefined();
  });
});

describe('a group of processes', () => {
  it('ends those it started when one of them fails, and no others', async () => {
    const directory = scratchDirectory();
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    await processes.start(aProcess(directory, 'before', FOREVER));
    const group = new ProcessGroup(processes, '127.0.0.1');
    await expect(group.start([aProcess(directory, 'first', FOREVER), aProcess(directory, 'second', 'process.exit(1)')])).rejects.toMatchObject({ code: 'process-ended' });
    await group.undo();
    expect(await Promise.all(['before', 'first', 'second'].map((name) => processes.state(name)))).toEqual(['running', 'stopped', 'stopped']);
    await processes.stop('before');
  });

  it('starts none when a port is in use, and names port and process', async () => {
    const directory = scratchDirectory();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const processes = new NetworkProcesses(new NetworkLayout(directory));
    const group = new ProcessGroup(processes, '127.0.0.1');
    const specs = [aProcess(directory, 'free', FOREVER), aProcess(directory, 'taken', FOREVER, { ports: [port] })];
    await expect(group.start(specs)).rejects.toMatchObject({ code: 'port-in-use', detail: `Another process listens on port ${port} (for taken).` });
    expect(processes.started()).toEqual([]);
    expect(await isPortFree('127.0.0.1', port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    await expect(requireFreePorts('127.0.0.1', specs)).resolves.toBeUndefined();
  });
});
