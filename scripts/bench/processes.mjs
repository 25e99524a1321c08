// Child processes of benches: pinned to a core where taskset is there, ended by their own pid.
import { spawn, spawnSync } from 'node:child_process';

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
      resolve({ ...JSON.parse(text.slice(0, end)), stop: () => stop(child) });
    });
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
}

export function stop(child) {
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

/** Runs wrk on a core and answers requests a second and the p99, ms. */
export function wrk(core, url, script, seconds = 5, connections = 32) {
  const [program, list] = pinned(core, 'wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, list, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.once('exit', (code) => {
      const rate = /Requests\/sec:\s+([\d.]+)/.exec(text);
      const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(text);
      if (code !== 0 || rate === null) return reject(new Error(`wrk failed: ${text}`));
      if (/Non-2xx/.test(text)) return reject(new Error(`wrk got refusals: ${text}`));
      const unit = { us: 0.001, ms: 1, s: 1000 }[p99?.[2] ?? 'ms'];
      resolve({ perSecond: Number(rate[1]), p99Millis: Number(p99?.[1] ?? 0) * unit });
    });
  });
}
