import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { statementDigest, statementSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { loadKeyFile, signWithKeyFile, type SigningKeyFile } from '../signing-key-file';
import { GatewayClient, readJsonInput, type ClientOptions } from './gateway-client';
import { CommandError, EXIT, print } from './output';

interface SigningOptions extends ClientOptions {
  readonly key: string;
  readonly json?: boolean;
}

/** What the gateway shows of a set before it is signed. */
const shownSetSchema = z.looseObject({
  id: z.string(),
  bytes: z.string(),
  submitBefore: z.string(),
  letters: z.array(z.looseObject({ digest: z.string(), grantId: z.string().optional(), zh: z.unknown(), en: z.unknown() })),
  statements: z.array(z.unknown()),
});

const doneSchema = z.looseObject({ position: z.looseObject({ block: z.number(), index: z.number() }) });
const listSchema = z.looseObject({ entries: z.array(z.looseObject({ id: z.string().optional() })).optional() });

/** `kesu grant …`: an enterprise reads, signs and revokes with its own key file; the gateway never sees the key. */
export function addGrantCommands(program: Command): void {
  const grant = program.command('grant').description('authorizations (授权): sign, give, revoke, suspend, resume, list');
  addSign(grant);
  addGive(grant);
  for (const action of ['REVOKE', 'SUSPEND', 'RESUME'] as const) addTransition(grant, action);
  addList(grant);
}

function withSigning(command: Command): Command {
  return command
    .requiredOption('--key <file>', "the enterprise's key file")
    .option('--url <url>', 'the gateway')
    .option('--token <token>', 'bearer token of who carries it (or KESU_TOKEN); the signature, not the carrier, is the authority')
    .option('--json', 'one JSON value');
}

function addSign(grant: Command): void {
  grant
    .command('sign')
    .description('sign a letter set that the gateway answered (POST /v1/letter-sets): prints the signature for POST /v1/grants')
    .requiredOption('--key <file>', "the enterprise's key file")
    .option('--letter-set <file>', 'the answer as JSON, - for standard input', '-')
    .option('--json', 'one JSON value, as always here')
    .action(async (options: { key: string; letterSet: string }) => {
      const set = shownSetSchema.parse(readJsonInput(options.letterSet));
      print({ letterSetId: set.id, signatures: [signedBy(await loadKeyFile(options.key), set)] }, [], true);
    });
}

function addGive(grant: Command): void {
  withSigning(grant.command('give'))
    .description('ask for the letters of a file, show them, sign them, submit them')
    .requiredOption('--letter <file>', 'JSON: one letter or a list of letters as POST /v1/letter-sets takes them, - for standard input')
    .action(async (options: SigningOptions & { letter: string }) => {
      const wanted = readJsonInput(options.letter);
      const letters: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
      await signAndSubmit(options, (key) => ({ enterprise: key.enterprise, keyIds: [key.keyId], letters }));
    });
}

function addTransition(grant: Command, action: 'REVOKE' | 'SUSPEND' | 'RESUME'): void {
  const words = { REVOKE: '撤回', SUSPEND: '暂停', RESUME: '恢复' } as const;
  withSigning(grant.command(action.toLowerCase()))
    .description(`${action.toLowerCase()} (${words[action]}) a grant with a signed statement`)
    .requiredOption('--grant <id>', 'the grant')
    .option('--reason <code>', 'reason as a code')
    .action(async (options: SigningOptions & { grant: string; reason?: string }) => {
      const { grant: grantId, reason } = options;
      await signAndSubmit(options, (key) => ({ enterprise: key.enterprise, keyIds: [key.keyId], transitions: [{ grantId, action, ...(reason === undefined ? {} : { reason }) }] }));
    });
}

function addList(grant: Command): void {
  grant
    .command('list')
    .description('grants that the caller may see, newest first')
    .option('--enterprise <ref>', 'of this enterprise')
    .option('--url <url>', 'the gateway')
    .option('--token <token>', 'bearer token (or KESU_TOKEN)')
    .option('--json', 'one JSON value on one line')
    .action(async (options: ClientOptions & { enterprise?: string; json?: boolean }) => {
      const query = options.enterprise === undefined ? '' : `?enterprise=${encodeURIComponent(options.enterprise)}`;
      const answer = listSchema.parse(await new GatewayClient(options).get(`/v1/grants${query}`));
      process.stdout.write(`${JSON.stringify(answer, null, options.json === true ? 0 : 2)}\n`);
    });
}

async function signAndSubmit(options: SigningOptions, wanted: (key: SigningKeyFile) => unknown): Promise<void> {
  const key = await loadKeyFile(options.key);
  const client = new GatewayClient(options);
  const set = shownSetSchema.parse(await client.post('/v1/letter-sets', wanted(key)));
  if (options.json !== true) showLetters(set);
  const done = doneSchema.parse(await client.post('/v1/grants', { letterSetId: set.id, signatures: [signedBy(key, set)] }));
  const ids = set.letters.flatMap((letter) => letter.grantId ?? []);
  print({ grants: ids, ...done }, [`on the ledger at block ${done.position.block}, index ${done.position.index}: ${ids.join(', ')}`], options.json === true);
}

function showLetters(set: z.infer<typeof shownSetSchema>): void {
  for (const { zh } of set.letters) process.stdout.write(`${textOf(zh)}\n\n`);
}

function textOf(letter: unknown): string {
  const parsed = z.looseObject({ title: z.string().optional(), text: z.string() }).safeParse(letter);
  if (!parsed.success) return JSON.stringify(letter, null, 2);
  const { title, text } = parsed.data;
  return title === undefined || text.startsWith(title) ? text : `${title}\n\n${text}`;
}

/** Signs the bytes only after the digests of the statements shown were computed here and found in them. */
function signedBy(key: SigningKeyFile, set: z.infer<typeof shownSetSchema>) {
  const bytes = Buffer.from(set.bytes, 'base64url');
  const envelope = z.looseObject({ statements: z.array(z.string()) }).parse(JSON.parse(bytes.toString('utf8')));
  const shown = z.array(statementSchema).parse(set.statements).map(statementDigest);
  const isSame = envelope.statements.length === shown.length && envelope.statements.every((digest, index) => digest === shown[index]);
  if (!isSame) throw new CommandError(EXIT.NO, `the bytes to sign (${createHash('sha256').update(bytes).digest('hex')}) don't name the statements shown: not signed`);
  return signWithKeyFile(key, bytes);
}
