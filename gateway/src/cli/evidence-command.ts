import type { Command } from 'commander';

/** The `kesu evidence` command, made at its first use: several files add to it. */
export function evidenceCommand(program: Command): Command {
  return program.commands.find((command) => command.name() === 'evidence') ?? program.command('evidence').description('evidence that others check alone (线上公证): 存证, never 公证');
}
