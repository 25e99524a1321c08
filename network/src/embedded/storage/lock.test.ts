import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LockHolder, machineProcesses, type Processes, StoreLockedError, takeLock } from './lock';
import { RecordingFiles } from './testing/recording-files';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kesu-lock-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A machine with these pids running, seen from one of them. */
function aMachine(self: number, running: readonly number[], host = 'here'): Processes {
  return {
    self: async () => ({ pid: self, started: `start of ${self}`, host, command: 'kesu' }),
    isAlive: async ({ pid, started }) => running.includes(pid) && started === `start of ${pid}`,
  };
}

describe('the lock of a store', () => {
  it('is refused to a second taker, also of the same process, and names the holder', async () => {
    const path = join(directory, 'lock');
    const lock = await takeLock(path);
    const again = takeLock(path);
    await expect(again).rejects.toThrow(StoreLockedError);
    await expect(again).rejects.toThrow(`process ${process.pid}`);
    await lock.release();
    await (await takeLock(path)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is held by a process that runs and free when that was killed', async () => {
    const path = join(directory, 'lock');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("up")'], { stdio: ['pipe', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const self = await machineProcesses.self();
    const pid = child.pid ?? 0;
    const started = (await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')).split(') ')[1]?.split(' ')[19];
    const holder: LockHolder = { ...self, pid, started: started === undefined ? '' : self.started.replace(/\d+$/, started) };
    await writeFile(path, JSON.stringify(holder));
    await expect(takeLock(path)).rejects.toThrow(`process ${pid} `);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await takeLock(path)).release();
  });

  it('is taken over from a process whose pid another one has now', async () => {
    const files = new RecordingFiles();
    await takeLock('/data/lock', aMachine(7, [7]), files);
    const reused: Processes = { ...aMachine(8, [7, 8]), isAlive: async ({ pid, started }) => pid === 7 && started === 'a later start' };
    const lock = await takeLock('/data/lock', reused, files);
    await expect(takeLock('/data/lock', aMachine(9, [8, 9]), files)).rejects.toThrow('process 8 (kesu) on here');
    await lock.release();
    expect(files.paths()).toEqual([]);
  });

  it('stands when its holder is on another host', async () => {
    const files = new RecordingFiles();
    await takeLock('/data/lock', aMachine(7, [7], 'there'), files);
    await expect(takeLock('/data/lock', aMachine(8, [8]), files)).rejects.toThrow('on there');
  });

  it('goes to one only when many find it stale at once', async () => {
    const files = new RecordingFiles();
    await takeLock('/data/lock', aMachine(1, []), files);
    const pids = [2, 3, 4, 5, 6, 7, 8, 9];
    const results = await Promise.allSettled(pids.map((pid) => takeLock('/data/lock', aMachine(pid, pids), files)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over when a power cut left it empty, or its taking over unfinished', async () => {
    const files = new RecordingFiles();
    await files.createWhole('/data/lock', Buffer.alloc(0));
    await files.createWhole('/data/lock.takeover', Buffer.from(JSON.stringify(await aMachine(3, []).self())));
    await takeLock('/data/lock', aMachine(4, [4]), files);
    await expect(takeLock('/data/lock', aMachine(5, [4, 5]), files)).rejects.toThrow('process 4');
  });

  it('is left alone at release when it names another holder by then', async () => {
    const files = new RecordingFiles();
    const first = await takeLock('/data/lock', aMachine(1, [1]), files);
    await takeLock('/data/lock', aMachine(2, [2]), files);
    await first.release();
    expect(files.paths()).toEqual(['/data/lock']);
  });
});
