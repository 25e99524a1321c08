import { Command, CommanderError } from 'commander';
import { addCheckCommand } from './check-command';
import { addConfigCommand } from './config-command';
import { addDemoCommand } from './demo-command';
import { addEvidenceBundleCommands } from './evidence-bundle-commands';
import { addEvidenceCaseCommands } from './evidence-case-commands';
import { addEvidenceSampleCommand } from './evidence-sample-command';
import { addGrantCommands } from './grant-commands';
import { addIdentityCommands } from './identity-commands';
import { addNetworkCommands } from './network-commands';
import { EXIT, reportError } from './output';
import { addStartCommand } from './start-command';
import { addStatementCommands } from './statement-commands';
import { addStoreCommands } from './store-commands';
import { addTraceCommand } from './trace-command';
import { addVerifyCommand } from './verify-command';

/** The `kesu` program with all its commands. */
export function kesuProgram(): Command {
  const program = new Command('kesu').description('Kesu 可溯: consent and authorization ledger').showHelpAfterError().exitOverride();
  addStartCommand(program);
  addDemoCommand(program);
  addCheckCommand(program);
  addGrantCommands(program);
  addTraceCommand(program);
  addVerifyCommand(program);
  addEvidenceSampleCommand(program);
  addEvidenceCaseCommands(program);
  addEvidenceBundleCommands(program);
  addStatementCommands(program);
  addConfigCommand(program);
  addStoreCommands(program);
  addIdentityCommands(program);
  addNetworkCommands(program);
  return program;
}

/** Runs the program and sets the process's exit code: 0 yes or done, 1 a negative answer, 2 wrong use, 3 can't tell. */
export function runKesu(argv: readonly string[]): void {
  kesuProgram()
    .parseAsync([...argv])
    .catch((error: unknown) => {
      if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.DONE : EXIT.WRONG_USE;
      else process.exitCode = reportError(error, argv.includes('--json'));
    });
}
