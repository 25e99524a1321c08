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

const sealedSchema = z.looseObject({ id: z.string(), volume: z.number(), digest: z.string(), contentDigest: z.string(), address: z.string() });

/** `kesu evidence bundle | trust`: a case's evidence as one file, and what a notary may verify it with. */
export function addEvidenceBundleCommands(program: Command): void {
  const evidence = evidenceCommand(program);
  withFile(evidence.command('bundle').description("seal a case's evidence and write it to a file; asked again it is the same file").argument('<case>', "the case's id")).action(async (id: string, options: FileOptions) => {
    const client = new GatewayClient(options);
    const sealed = sealedSchema.parse(await client.post(`/v1/evidence-cases/${encodeURIComponent(id)}/bundle`, {}));
    const { bytes, sha256 } = await client.download(sealed.address);
    const digest = createHash('sha256').update(bytes).digest();
    if (digest.toString('hex') !== sealed.digest || sha256 !== digest.toString('base64')) throw new CommandError(EXIT.UNAVAILABLE, 'what arrived is not the bundle that the gateway names: ask again');
    write(options.out, bytes);
    print(sealed, [`${options.out}  ${bytes.length} bytes, up to volume ${sealed.volume}`, `SHA-256 ${sealed.digest}`, `on the printed summary: ${sealed.contentDigest}`, `try: kesu verify ${options.out} --trust TRUST`], options.json === true);
  });
  withFile(evidence.command('trust').description("write what the gateway's operator says that a notary may trust")).action(async (options: FileOptions) => {
    const trust = await new GatewayClient(options).get('/v1/trust');
    const bytes = Buffer.from(`${JSON.stringify(trust, null, 2)}\n`, 'utf8');
    write(options.out, bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    print({ file: options.out, digest }, [`${options.out}  SHA-256 ${digest}`, 'Hand it to the notary another way than the evidence, and have each organisation confirm its own keys: it is this gateway’s word.'], options.json === true);
  });
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
