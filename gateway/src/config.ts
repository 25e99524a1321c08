import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** The port that a gateway listens on unless told otherwise; a passkey's origin holds it. */
export const DEFAULT_PORT = 8420;

/** Most witnesses of other organisations: a note holds at most 64 signatures. */
export const MAX_WITNESSES = 15;

/** Most timestamp authorities that are asked in turn. */
export const MAX_TIMESTAMP_AUTHORITIES = 10;

/** Where `kesu network up` makes a network unless told otherwise. */
export const DEFAULT_NETWORK = join('var', 'network');

const port = z.int().min(0).max(65_535);

/** A gateway's configuration, as `kesu.yaml` writes it. Every member may be left out. */
export const configurationSchema = z.strictObject({
  /** Loopback only: a gateway for others stands behind a TLS proxy on the same machine. */
  port: port.optional(),
  /** Directory of the ledger's blocks, its state and the projection. */
  data: z.string().min(1).optional(),
  /** Directory of anchors and the data key; not inside `data`, best on another disk. */
  keep: z.string().min(1).optional(),
  /** `embedded`: one machine, one operator. `fabric`: the network that `kesu network up` made. */
  ledger: z.enum(['embedded', 'fabric']).optional(),
  /** Directory of the Fabric network, with its `profile.json`. */
  network: z.string().min(1).optional(),
  /** The participant this gateway speaks for. */
  self: z.string().optional(),
  demonstration: z
    .strictObject({
      enabled: z.boolean().optional(),
      seed: z.int().min(0).max(0xffffffff).optional(),
      enterprises: z.int().min(150).max(100_000).optional(),
    })
    .optional(),
  /** Other organisations' witnesses (c2sp.org/tlog-witness) that cosign this gateway's checkpoints: the key's name and the URL before `/add-checkpoint`. */
  witnesses: z.array(z.strictObject({ name: z.string().min(1).max(200), url: z.url() })).max(MAX_WITNESSES).optional(),
  /** The origin that people use, `http://localhost:<port>` unless given. */
  origin: z.url().optional(),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).optional(),
  /** Systems of notaries, arbitrators and courts that cases are handed over to, by participant; `authorities` is a file of PEM roots. */
  handover: z.record(z.string(), z.strictObject({ endpoint: z.url(), authorities: z.string().optional() })).optional(),
  /** With what evidence is sealed. */
  evidence: z
    .strictObject({
      /** RFC 3161 authorities, asked in turn; `roots` is a file of PEM roots. Without one only the demonstration seals, by a development authority of its own. */
      timestampAuthorities: z.array(z.strictObject({ name: z.string().min(1).max(200), url: z.url(), roots: z.string().min(1) })).max(MAX_TIMESTAMP_AUTHORITIES).optional(),
      /** Releases stop when the newest checkpoint that one of them timestamped is older; 4 unless given. */
      timestampGraceHours: z.number().min(0.1).max(168).optional(),
      /** An SM2-with-SM3 seal besides: files in PEM of its certificate, its key and the root that verifiers are to trust. */
      sm2Seal: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1), root: z.string().min(1) }).optional(),
    })
    .optional(),
});

/** A configuration with every default filled in. */
export interface Configuration {
  readonly port: number;
  readonly data: string;
  readonly keep: string;
  readonly ledger: 'embedded' | 'fabric';
  readonly network: string;
  readonly self: string;
  readonly origin: string;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly handover: NonNullable<z.infer<typeof configurationSchema>['handover']>;
  readonly evidence: {
    readonly timestampAuthorities: readonly { readonly name: string; readonly url: string; readonly roots: string }[];
    readonly timestampGraceHours: number;
    readonly sm2Seal: { readonly certificate: string; readonly key: string; readonly root: string } | undefined;
  };
  readonly witnesses: readonly { readonly name: string; readonly url: string }[];
  readonly demonstration: { readonly enabled: boolean; readonly seed: number; readonly enterprises: number };
}

/** What the command line and the environment say over the file. */
export interface Overrides {
  readonly port?: number;
  readonly data?: string;
  readonly keep?: string;
  readonly demonstration?: boolean;
}

/** A configuration that can't be used: which file, which member, what to do. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads `kesu.yaml` in `directory` if there is one, then the environment (`KESU_PORT`, `KESU_DATA`, `KESU_KEEP`,
 * `KESU_LEDGER`, `KESU_NETWORK`, `KESU_LOG_LEVEL`), then the command line; the later wins.
 * @throws ConfigurationError.
 */
export function readConfiguration(directory: string, overrides: Overrides, environment: NodeJS.ProcessEnv): Configuration {
  const path = join(directory, 'kesu.yaml');
  const file = existsSync(path) ? parseFile(path) : {};
  const portNumber = firstOf(overrides.port, fromEnvironment(environment.KESU_PORT), file.port, DEFAULT_PORT);
  const at = (value: string) => (isAbsolute(value) ? value : join(directory, value));
  const data = firstOf(overrides.data, environment.KESU_DATA);
  return {
    port: portNumber,
    data: at(firstOf(data, file.data, 'var/data')),
    keep: at(firstOf(overrides.keep, environment.KESU_KEEP, file.keep, keepBeside(data))),
    ledger: firstOf(oneOf('KESU_LEDGER', configurationSchema.shape.ledger, environment.KESU_LEDGER), file.ledger, 'embedded'),
    network: at(firstOf(environment.KESU_NETWORK, file.network, DEFAULT_NETWORK)),
    self: firstOf(file.self, 'provincial-node'),
    origin: firstOf(file.origin, `http://localhost:${portNumber}`),
    logLevel: firstOf(oneOf('KESU_LOG_LEVEL', configurationSchema.shape.logLevel, environment.KESU_LOG_LEVEL), file.logLevel, 'info'),
    handover: file.handover ?? {},
    evidence: evidenceOf(file.evidence ?? {}, at),
    witnesses: firstOf(file.witnesses, []),
    demonstration: demonstrationOf(file.demonstration ?? {}, overrides.demonstration),
  };
}

/** Paths are the configuration directory's. */
function evidenceOf({ timestampAuthorities = [], timestampGraceHours = 4, sm2Seal }: NonNullable<z.infer<typeof configurationSchema>['evidence']>, at: (path: string) => string): Configuration['evidence'] {
  return {
    timestampAuthorities: timestampAuthorities.map((one) => ({ ...one, roots: at(one.roots) })),
    timestampGraceHours,
    sm2Seal: sm2Seal === undefined ? undefined : { certificate: at(sm2Seal.certificate), key: at(sm2Seal.key), root: at(sm2Seal.root) },
  };
}

function demonstrationOf(file: NonNullable<z.infer<typeof configurationSchema>['demonstration']>, override: boolean | undefined): Configuration['demonstration'] {
  return { enabled: firstOf(override, file.enabled, true), seed: firstOf(file.seed, 20_220_902), enterprises: firstOf(file.enterprises, 1_000) };
}

/** The first that is said; the last always is. */
function firstOf<T>(...values: readonly [...(T | undefined)[], T]): T;
function firstOf<T>(...values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}

function keepBeside(data: string | undefined): string {
  return data === undefined ? 'var/keep' : `${data.replace(/[/\\]+$/, '')}.keep`;
}

function parseFile(path: string): z.infer<typeof configurationSchema> {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    throw new ConfigurationError(`${path} is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = configurationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new ConfigurationError(`${path} can't be used:\n${faults.join('\n')}`);
}

function fromEnvironment(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = port.safeParse(Number(text));
  if (!parsed.success) throw new ConfigurationError(`KESU_PORT is no port: ${text}`);
  return parsed.data;
}

/** A word of the environment that the file would take too. */
function oneOf<T>(name: string, schema: z.ZodOptional<z.ZodType<T>>, text: string | undefined): T | undefined {
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw new ConfigurationError(`${name} can't be ${String(text)}: ${parsed.error.issues[0]?.message ?? ''}`);
  return parsed.data;
}
