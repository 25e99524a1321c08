// Child processes of benches: pinned to a core where taskset is there, ended by their own pid.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export function isOnPath(program) {
  return spawnSync('which', [program]).status === 0;
}

function pinned(core, command, args) {
  return isOnPath('taskset') ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];
}

/** Starts a server and waits for the first line it prints, as JSON. */
export function startServer(core, command, args, env = {}) {
  const [program, list] = pinned(core, command, args);
  const child = spawn(program, list, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
      const end = text.indexOf('\n');
      if (end < 0) return;
      child.stdout.removeAllListeners('data');
      child.stdout.resume();
      resolve({ ...JSON.parse(text.slice(0, end)), pid: child.pid, stop: () => stop(child) });
    });
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
}

/** Clock ticks a second in /proc/PID/stat: a constant of Linux. */
const TICKS = 100;

/** Seconds of CPU that a process has used so far, all its threads together; undefined where there is no /proc. */
export function cpuSeconds(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return undefined;
  }
}

export function stop(child) {
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

/**
 * Runs wrk on a core and answers requests a second, p50 and p99, ms, and the server's CPU time a request, µs: that one says nearly
 * the same on a busy machine, where a rate doesn't.
 */
export function wrk(core, { url, pid }, script, seconds = 5, connections = 32) {
  const [program, list] = pinned(core, 'wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]);
  const before = cpuSeconds(pid);
  return new Promise((resolve, reject) => {
    const child = spawn(program, list, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.once('exit', (code) => {
      const rate = /Requests\/sec:\s+([\d.]+)/.exec(text);
      if (code !== 0 || rate === null) return reject(new Error(`wrk failed: ${text}`));
      if (/Non-2xx/.test(text)) return reject(new Error(`wrk got refusals: ${text}`));
      const after = cpuSeconds(pid);
      const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
      resolve({ perSecond: Number(rate[1]), p50Millis: latencyMillis(text, '50%'), p99Millis: latencyMillis(text, '99%'), cpuMicros: before === undefined || after === undefined ? undefined : ((after - before) * 1e6) / requests });
    });
  });
}

/** A percentile of wrk's report, ms. */
export function latencyMillis(report, percentile) {
  const found = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(report);
  return found === null ? 0 : Number(found[1]) * { us: 0.001, ms: 1, s: 1000 }[found[2]];
}
