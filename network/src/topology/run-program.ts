import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { NetworkError } from './network-error';

/** What a program wrote. */
export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of Fabric that doesn't end within this time is stopped, milliseconds. */
const PROGRAM_MILLIS = 60_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What the programs get of this process's environment. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'GOMAXPROCS'] as const;

/** The environment of a program: what Fabric needs of ours, and `own`. Other `CORE_…` or `ORDERER_…` settings of the caller don't reach it. */
export function programEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = PASSED_ON.map((name) => [name, process.env[name]] as const).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(passed), ...own };
}

/**
 * Runs one of Fabric's programs to its end.
 * @param own its settings, `FABRIC_CFG_PATH` and the like.
 * @throws NetworkError `program-failed` with what it said last.
 */
export function runProgram(path: string, args: readonly string[], own: NodeJS.ProcessEnv): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const options = { env: programEnvironment(own), timeout: PROGRAM_MILLIS, maxBuffer: MOST_OUTPUT_BYTES };
    execFile(path, [...args], options, (cause, stdout, stderr) => {
      if (cause === null) resolve({ stdout, stderr });
      else reject(new NetworkError('program-failed', `${commandOf(path, args)} failed: ${lastWords(stderr) || lastWords(stdout) || cause.message}.`, 'Run `kesu network doctor` to see which part is wrong.', { cause }));
    });
  });
}

function commandOf(path: string, args: readonly string[]): string {
  return [basename(path), ...args.filter((argument) => /^[a-z]+$/i.test(argument)).slice(0, 3)].join(' ');
}

/** The last line that says something, without colours; Fabric's `Error:` line where there is one. */
function lastWords(text: string): string {
  const lines = text
     
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (lines.findLast((line) => line.startsWith('Error:')) ?? lines.at(-1) ?? '').replace(/\.$/, '');
}
