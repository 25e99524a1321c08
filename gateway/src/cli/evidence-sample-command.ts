import type { Command } from 'commander';
import { evidenceCommand } from './evidence-command';
import { CommandError, EXIT, print } from './output';

/** `kesu evidence sample`. */
export function addEvidenceSampleCommand(program: Command): void {
  evidenceCommand(program)
    .command('sample')
    .requiredOption('--out <dir>', 'a directory in which nothing is overwritten')
    .option('--json', 'one JSON value')
    .description("make a small loan's evidence on a fresh ledger, to try `kesu verify` with; needs no running gateway")
    .action(async ({ out, json }: { readonly out: string; readonly json?: boolean }) => {
      // Loads the ledger and the contracts: other commands answer without them.
      const { makeSample } = await import('../evidence/make-sample.js');
      const made = await makeSample(out).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw new CommandError(EXIT.WRONG_USE, `${out} holds a sample already: name another directory`);
        throw error;
      });
      print(made, [`${made.bundle}  ${made.bytes} bytes, ${made.parts} parts`, made.receipt, made.proof, made.trust, `try: kesu verify ${made.bundle} --trust ${made.trust}`], json === true);
    });
}
