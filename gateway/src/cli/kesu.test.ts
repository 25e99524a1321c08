import type { Command } from 'commander';
import { kesuProgram } from './kesu';

/** Every command without further ones, by its whole name. */
function leaves(command: Command, name: readonly string[] = []): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[name.join(' '), command]];
  return command.commands.flatMap((one) => leaves(one, [...name, one.name()]));
}

const COMMANDS = leaves(kesuProgram());

describe('the command line', () => {
  it.each(COMMANDS.map(([name, command]) => ({ name, command })))('kesu $name answers with --json, and says what it does', ({ command }) => {
    expect(command.options.map(({ long }) => long)).toContain('--json');
    expect(command.description().length).toBeGreaterThan(10);
  });

  it('has the commands that the documents name', () => {
    const names = COMMANDS.map(([name]) => name);
    for (const name of ['start', 'demo', 'check', 'trace', 'verify', 'grant sign', 'network up', 'network down', 'network status', 'network supervise', 'network doctor', 'identity list', 'config check', 'doctor', 'backup create', 'backup verify', 'backup restore', 'index verify', 'index rebuild', 'evidence sample']) expect(names).toContain(name);
  });
});
