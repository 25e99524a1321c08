import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { MAX_FILE_BYTES, MAX_TRUST_BYTES, readTrust, reportPage, VerificationFailure, verificationLines, verifyFile, type Trust, type Verdict } from '@kesu/verifier';
import { CommandError, EXIT, type ExitCode } from './output';

interface VerifyOptions {
  readonly trust: string;
  readonly json?: boolean;
  readonly report?: string;
}

const EXIT_OF: Readonly<Record<Verdict, ExitCode>> = { PROVEN: EXIT.DONE, REFUTED: EXIT.NO, UNDETERMINED: EXIT.UNAVAILABLE };

/** `kesu verify`: checks evidence offline. Opens no socket, writes nothing but the report that it is asked for. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .argument('<files...>', 'evidence bundles, single proofs, statements (report of use, re-run, reach), checkpoints')
    .description('check evidence offline: exit code 0 proven, 1 refuted, 3 undetermined')
    .requiredOption('--trust <file>', 'what you trust, got another way than the evidence')
    .option('--json', 'one JSON value')
    .option('--report <file>', 'write a printable report (HTML) of one file')
    .action(async (files: readonly string[], options: VerifyOptions) => {
      if (options.report !== undefined && files.length !== 1) throw new CommandError(EXIT.WRONG_USE, 'a report is of one file');
      const trust = trustOf(await readBounded(options.trust, MAX_TRUST_BYTES));
      const results = await Promise.all(files.map(async (file) => ({ file, ...verifyFile(await readBounded(file, MAX_FILE_BYTES), trust) })));
      const [first] = results;
      if (options.report !== undefined && first !== undefined) await writeFile(options.report, reportPage(basename(first.file), first, trust), { flag: 'wx' });
      const text = options.json === true ? JSON.stringify(results) : results.flatMap((one) => [...(results.length > 1 ? [one.file] : []), ...verificationLines(one)]).join('\n');
      process.stdout.write(`${text}\n`);
      process.exitCode = worstOf(results.map(({ verdict }) => verdict));
    });
}

function worstOf(verdicts: readonly Verdict[]): ExitCode {
  if (verdicts.includes('REFUTED')) return EXIT_OF.REFUTED;
  return verdicts.includes('UNDETERMINED') ? EXIT_OF.UNDETERMINED : EXIT_OF.PROVEN;
}

function trustOf(bytes: Uint8Array): Trust {
  try {
    return readTrust(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const detail = error instanceof VerificationFailure ? error.detail : 'it is not UTF-8';
    throw new CommandError(EXIT.WRONG_USE, `trust-malformed: the trust file can't be used: ${detail}`);
  }
}

async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > limit) throw new CommandError(EXIT.NO, `file-too-large: ${path} has ${size} bytes, at most ${limit} are read`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.WRONG_USE, `${path} can't be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
}
