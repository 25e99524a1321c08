import { spawnSync } from 'node:child_process';
import { KesuProcess } from './kesu-process';

/** Runs a printed command as a person would; where there is no curl, the same request by fetch. @returns the JSON value it answered. */
export async function runPrinted(text: string, cwd: string): Promise<unknown> {
  if (spawnSync('curl', ['--version']).status === 0) return JSON.parse((await new KesuProcess('sh', ['-c', text], { cwd }).ended).stdout) as unknown;
  const [, url = ''] = /curl -s (\S+)/.exec(text) ?? [];
  const [, body = ''] = /-d '([^']*)'/.exec(text) ?? [];
  const headers = [...text.matchAll(/-H ['"]([^:]+): ([^'"]+)['"]/g)].map(([, name = '', value = '']) => [name, value] as [string, string]);
  return (await fetch(url, { method: 'POST', headers, body })).json();
}

/** The commands in what a start printed. */
export function printedCommands(stdout: string): string[] {
  return stdout.split('\n').flatMap((line) => (line.trim().startsWith('curl ') ? [line.trim()] : []));
}
