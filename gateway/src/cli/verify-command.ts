import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { WordLanguage } from '@kesu/chaincode/domain';
import { MAX_FILE_BYTES, MAX_TRUST_BYTES, readTrust, reportPage, reportSubject, VerificationFailure, verificationLines, verifyFile, type Trust, type Verdict } from '@kesu/verifier';
import { readVerifierPage } from '../verifier-page';
import { CommandError, EXIT, type ExitCode } from './output';

interface VerifyOptions {
  readonly trust?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly language: string;
  readonly page?: string;
}

const EXIT_OF: Readonly<Record<Verdict, ExitCode>> = { PROVEN: EXIT.DONE, REFUTED: EXIT.NO, UNDETERMINED: EXIT.UNAVAILABLE };

/** `kesu verify`: checks evidence offline. Opens no socket, writes nothing but the report or the page that it is asked for. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .argument('[files...]', 'evidence bundles, single proofs, statements (report of use, re-run, reach), checkpoints')
    .description('check evidence offline: exit code 0 proven, 1 refuted, 3 undetermined')
    .option('--trust <file>', 'what you trust, got another way than the evidence')
    .option('--json', 'one JSON value')
    .option('--report <file>', 'write a printable report (HTML) of one file')
    .addOption(new Option('--language <language>', 'of the report').choices(WORD_LANGUAGES).default('zh'))
    .option('--page <file>', 'write the verifier as one page, to be opened in a browser without a server')
    .action(async (files: readonly string[], options: VerifyOptions) => {
      if (options.page !== undefined) await writeNew(options.page, await builtPage());
      if (options.page === undefined || files.length > 0) await verify(files, options);
    });
}

const WORD_LANGUAGES: readonly WordLanguage[] = ['zh', 'en'];

async function verify(files: readonly string[], { trust: trustPath, report, language, json }: VerifyOptions): Promise<void> {
  if (trustPath === undefined || files.length === 0) throw new CommandError(EXIT.WRONG_USE, 'name the files and, with --trust, what you trust');
  if (report !== undefined && files.length !== 1) throw new CommandError(EXIT.WRONG_USE, 'a report is of one file');
  const trustFile = await readBounded(trustPath, MAX_TRUST_BYTES);
  const trust = trustOf(trustFile);
  const results = [];
  for (const file of files) {
    const bytes = await readBounded(file, MAX_FILE_BYTES);
    const verification = verifyFile(bytes, trust);
    if (report !== undefined) await writeNew(report, reportPage(reportSubject(basename(file), bytes, trustFile, new Date().toISOString()), verification, trust, language === 'en' ? 'en' : 'zh'));
    results.push({ file, ...verification });
  }
  const text = json === true ? JSON.stringify(results) : results.flatMap((one) => [...(results.length > 1 ? [one.file] : []), ...verificationLines(one)]).join('\n');
  process.stdout.write(`${text}\n`);
  process.exitCode = worstOf(results.map(({ verdict }) => verdict));
}

async function builtPage(): Promise<string> {
  const page = await readVerifierPage();
  if (page === undefined) throw new CommandError(EXIT.UNAVAILABLE, 'the page is not built: npm run build');
  return page;
}

/** Writes a file that isn't there yet. @throws CommandError */
async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(EXIT.WRONG_USE, error.code === 'EEXIST' ? `${path} is there already: name another file` : `${path} can't be written: ${error.code ?? 'unknown'}`);
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
