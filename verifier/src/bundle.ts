import { decodeLeaf, digestSchema, idSchema, identitySchema, instantSchema, isCanonicalJson, leafEntry, loggedFactSchema, LogFormatError, participantIdSchema, saltSchema, signatureSchema, type DomainEvent, type LogLeaf } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { partOf, type Part } from './container';
import { ensure, VerificationFailure } from './failure';
import { MAX_FACTS } from './limits';

/** The form of a bundle's description. */
export const BUNDLE_FORMAT = 'kesu-evidence-bundle-1';

/** Names of a bundle's parts: docs/formats/evidence-bundle.md. */
export const BUNDLE_PART = 'bundle.json';
export const CHECKPOINT_PART = 'checkpoint.txt';
export const CHECKPOINT_TOKEN_PART = 'checkpoint.tst';
const FACT = /^facts\/\d{8}\.json$/;
const LETTER = /^letters\/([0-9a-f]{32})\.json$/;
const RECEIPT = /^receipts\/([0-9a-f]{32})-(\d{1,3})\.json$/;
const SUMMARY = /^summary\.(?:zh|en)\.pdf$/;

/** The name of the part that holds a fact: its leaf's number. */
export function factPart(index: number): string {
  return `facts/${String(index).padStart(8, '0')}.json`;
}

/** The name of the part with a grant's identity and letter to read. */
export function letterPart(grantId: string): string {
  return `letters/${grantId}.json`;
}

/** The name of the part with a release's receipt. */
export function receiptPart(releaseId: string): string {
  return `receipts/${releaseId.replace('.', '-')}.json`;
}

/** The name of the part with the summary for people. */
export function summaryPart(language: 'zh' | 'en'): string {
  return `summary.${language}.pdf`;
}

/** What a bundle says of itself; the issuer's signature covers it. */
export const bundleSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  id: idSchema,
  network: idSchema,
  sealedAt: instantSchema,
  issuer: z.strictObject({ participant: participantIdSchema, mspId: z.string().max(64) }),
  /** EMBEDDED: one operator\u2019s ledger. FABRIC: several organisations\u2019. */
  ledger: z.enum(['EMBEDDED', 'FABRIC']),
  enterprise: idSchema,
  loanRef: idSchema.exactOptional(),
  /** The case whose evidence it is, with the number of the volume that was sealed last. */
  caseId: idSchema.exactOptional(),
  volume: z.int().min(1).exactOptional(),
  /** Where the issuer answers for the bundle; a bundle is looked at without it. */
  lookup: z.url().max(400).exactOptional(),
  /** Participants that are parties of what is evidenced. */
  parties: z.array(participantIdSchema).max(50),
  demonstration: z.boolean(),
});

/** See {@link bundleSchema}. */
export type BundleDescription = z.infer<typeof bundleSchema>;

const letterTextSchema = z.strictObject({ title: z.string().max(400), text: z.string().max(100_000) });

/** A grant\u2019s identity, kept off the ledger, and the letter as it was read. */
export const letterPartSchema = z.strictObject({ identity: identitySchema, identitySalt: saltSchema, zh: letterTextSchema, en: letterTextSchema });
export type LetterPart = z.infer<typeof letterPartSchema>;

const countSchema = z.int().min(0);

/** A release\u2019s receipt: docs/formats/release.md. */
export const receiptPartSchema = z.strictObject({
  position: z.strictObject({ block: countSchema, index: countSchema, item: countSchema, txId: digestSchema }),
  head: z.strictObject({ block: countSchema, hash: digestSchema, time: instantSchema }),
  payloadDigest: digestSchema,
  salt: saltSchema.exactOptional(),
  keyId: idSchema,
  signature: signatureSchema,
});
export type ReceiptPart = z.infer<typeof receiptPartSchema>;

/** A fact with its leaf read. */
export interface Fact {
  readonly leaf: LogLeaf;
  readonly entry: string;
  readonly event: DomainEvent;
  readonly path: readonly string[];
}

/** A bundle\u2019s data, each part decoded; nothing proven yet. */
export interface Bundle {
  readonly description: BundleDescription;
  readonly checkpoint: string;
  readonly checkpointToken: Uint8Array | undefined;
  /** In ledger order. */
  readonly facts: readonly Fact[];
  readonly letters: ReadonlyMap<string, LetterPart>;
  readonly receipts: ReadonlyMap<string, ReceiptPart>;
}

/** Reads a bundle’s data parts. @throws VerificationFailure part-malformed, container-part-missing, container-part-unknown, leaf-malformed, leaf-position-mismatch. */
export function readBundle(parts: readonly Part[]): Bundle {
  const read = { facts: [] as Fact[], letters: new Map<string, LetterPart>(), receipts: new Map<string, ReceiptPart>() };
  for (const part of parts) {
    if (!part.name.startsWith('META-INF/') && !SINGLE.includes(part.name) && !SUMMARY.test(part.name)) readPart(part, read);
  }
  const { facts } = read;
  ensure(facts.length > 0 && facts.length <= MAX_FACTS, 'part-malformed', `a bundle holds 1 to ${MAX_FACTS} facts`);
  const token = parts.find(({ name }) => name === CHECKPOINT_TOKEN_PART);
  return { description: readJson(BUNDLE_PART, partOf(parts, BUNDLE_PART), bundleSchema), checkpoint: textOf(CHECKPOINT_PART, partOf(parts, CHECKPOINT_PART)), checkpointToken: token?.bytes, ...read };
}

const SINGLE: readonly string[] = ['mimetype', BUNDLE_PART, CHECKPOINT_PART, CHECKPOINT_TOKEN_PART];

function readPart({ name, bytes }: Part, { facts, letters, receipts }: { readonly facts: Fact[]; readonly letters: Map<string, LetterPart>; readonly receipts: Map<string, ReceiptPart> }): void {
  const [, grantId] = LETTER.exec(name) ?? [];
  const [, operation, number] = RECEIPT.exec(name) ?? [];
  if (FACT.test(name)) facts.push(readFact(name, bytes));
  else if (grantId !== undefined) letters.set(grantId, readJson(name, bytes, letterPartSchema));
  else if (operation !== undefined) receipts.set(`${operation}.${number ?? ''}`, readJson(name, bytes, receiptPartSchema));
  else throw new VerificationFailure('container-part-unknown', `${name} is no part of a bundle`);
}

function readFact(name: string, bytes: Uint8Array): Fact {
  const { leaf: text, event, path } = readJson(name, bytes, loggedFactSchema);
  const leaf = readLeaf(text);
  ensure(factPart(leaf.index) === name, 'leaf-position-mismatch', `${name} holds leaf ${leaf.index}`);
  return { leaf, entry: leafEntry(text), event: event as unknown as DomainEvent, path };
}

/** A leaf from its text. @throws VerificationFailure leaf-malformed. */
export function readLeaf(text: string): LogLeaf {
  try {
    return decodeLeaf(text);
  } catch (error) {
    if (error instanceof LogFormatError) throw new VerificationFailure('leaf-malformed', error.detail);
    throw error;
  }
}

/** A part that is JSON in its RFC 8785 form. @throws VerificationFailure part-malformed. */
export function readJson<T>(name: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  const text = textOf(name, bytes);
  ensure(isCanonicalJson(text), 'part-malformed', `${name} is not in RFC 8785 form`);
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new VerificationFailure('part-malformed', `${name}: ${parsed.error.issues[0]?.message ?? 'not as its schema says'}`);
  return parsed.data;
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new VerificationFailure('part-malformed', `${name} is not UTF-8`);
  }
}
