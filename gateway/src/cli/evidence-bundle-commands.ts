import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { evidenceCommand } from './evidence-command';
import { GatewayClient, type ClientOptions } from './gateway-client';
import { CommandError, EXIT, print } from './output';

interface FileOptions extends ClientOptions {
  readonly out: string;
  readonly json?: boolean;
}

const fileSchema = z.looseObject({ id: z.string(), digest: z.string(), address: z.string() });
const sealedSchema = fileSchema.extend({ volume: z.number(), contentDigest: z.string() });

/** `kesu evidence bundle | annex | receipt | proof | trust`: what leaves the gateway as a file that others verify, and what they may verify it with. */
export function addEvidenceBundleCommands(program: Command): void {
  const evidence = evidenceCommand(program);
  withFile(evidence.command('bundle').description("seal a case's evidence and write it to a file; asked again it is the same file").argument('<case>', "the case's id")).action(async (id: string, options: FileOptions) => {
    const client = new GatewayClient(options);
    const sealed = sealedSchema.parse(await client.post(`/v1/evidence-cases/${encodeURIComponent(id)}/bundle`, {}));
    const bytes = await fetched(client, sealed);
    write(options.out, bytes);
    print(sealed, [`${options.out}  ${bytes.length} bytes, up to volume ${sealed.volume}`, `SHA-256 ${sealed.digest}`, `on the printed summary: ${sealed.contentDigest}`, `try: kesu verify ${options.out} --trust TRUST`], options.json === true);
  });
  withFile(evidence.command('annex').description("write the blocks that hold the facts of a case's bundle: for a court or the node; that it was made is recorded").argument('<case>', "the case's id"))
    .requiredOption('--reason <code>', 'why, as a code such as court-order')
    .requiredOption('--operator <code>', 'who has it made (查询人员代号)')
    .action(async (id: string, { reason, operator, ...options }: FileOptions & { readonly reason: string; readonly operator: string }) => {
      const client = new GatewayClient(options);
      const made = fileSchema.parse(await client.post(`/v1/evidence-cases/${encodeURIComponent(id)}/annexes`, { reason, operator }));
      const bytes = await fetched(client, made);
      write(options.out, bytes);
      print(made, [`${options.out}  ${bytes.length} bytes, SHA-256 ${made.digest}`, 'It shows records of others: keep it with the case.'], options.json === true);
    });
  withFile(evidence.command('receipt').description('write the consent receipt of a grant, which proves itself').argument('<grant>', "the grant's id"))
    .option('--pdf <language>', 'printed on A4 instead, zh or en')
    .action(async (id: string, options: FileOptions & { readonly pdf?: string }) => {
      const path = `/v1/grants/${encodeURIComponent(id)}/receipt`;
      const client = new GatewayClient(options);
      if (options.pdf === undefined) return save(options, await client.get(path));
      const { bytes } = await client.download(`${path}?format=pdf&language=${encodeURIComponent(options.pdf)}`);
      write(options.out, bytes);
      print({ file: options.out }, [`${options.out}  ${bytes.length} bytes`], options.json === true);
    });
  withFile(evidence.command('proof').description('write the proof of one release').argument('<release>', "the release's id")).action(async (id: string, options: FileOptions) => {
    save(options, await new GatewayClient(options).get(`/v1/releases/${encodeURIComponent(id)}/proof`));
  });
  withFile(evidence.command('trust').description("write what the gateway's operator says that a notary may trust")).action(async (options: FileOptions) => {
    const trust = await new GatewayClient(options).get('/v1/trust');
    const bytes = Buffer.from(`${JSON.stringify(trust, null, 2)}\n`, 'utf8');
    write(options.out, bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    print({ file: options.out, digest }, [`${options.out}  SHA-256 ${digest}`, 'Hand it to the notary another way than the evidence, and have each organisation confirm its own keys: it is this gateway’s word.'], options.json === true);
  });
}

function save({ out, json }: FileOptions, value: unknown): void {
  write(out, Buffer.from(`${JSON.stringify(value)}\n`, 'utf8'));
  print({ file: out }, [out, `try: kesu verify ${out} --trust TRUST`], json === true);
}

/** The file at an address, when it is the one whose digest was told. */
async function fetched(client: GatewayClient, { address, digest: told }: z.infer<typeof fileSchema>): Promise<Uint8Array> {
  const { bytes, sha256 } = await client.download(address);
  const digest = createHash('sha256').update(bytes).digest();
  if (digest.toString('hex') !== told || sha256 !== digest.toString('base64')) throw new CommandError(EXIT.UNAVAILABLE, 'what arrived is not the file that the gateway names: ask again');
  return bytes;
}

function withFile(command: Command): Command {
  return command.requiredOption('--out <file>', 'the file; an existing one is not overwritten').option('--url <url>', 'the gateway').option('--token <token>', 'bearer token (or KESU_TOKEN)').option('--json', 'one JSON value');
}

function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes, { flag: 'wx' });
  } catch (error) {
    throw new CommandError(EXIT.WRONG_USE, `${path} can't be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
}
