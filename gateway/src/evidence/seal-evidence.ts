import { canonicalJson, instantOf, letterText, templateKey, toBase64, utf8ToBytes, type DomainEvent, type EvidenceCase, type Instant, type Letter, type Release, type SignedStatement } from '@kesu/chaincode/domain';
import { ASIC_MIMETYPE, BUNDLE_FORMAT, BUNDLE_PART, CHECKPOINT_PART, CHECKPOINT_TOKEN_PART, contentDigest, factPart, Facts, inOrder, letterContext, letterPart, MANIFEST_PART, MAX_FACTS, MIMETYPE_PART, readBundle, receiptPart, SIGNATURE_PART, SM2_SEAL_PART, summaryPart, writeContainer, writeManifest, type BundleDescription, type Fact, type LetterPart, type Part } from '@kesu/verifier';
import type { EvidenceLog, LoggedEvent, PublishedCheckpoint } from '../evidence-log';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { identityOfGrant, type KeptIdentity } from '../use-cases/grants';
import { receiptOf } from '../use-cases/receipt';
import { certificateDer, makeSignedData, SHA256_SUITE, signingTime, type CertifiedSigner } from './signed-data';
import { loanMatter, matterFacts, type Matter } from './matter-facts';
import { makeSm2Seal, type Sm2Seal } from './sm2-seal';
import { summaryPaper } from './summary-paper';
import type { StampTime } from './timestamp-client';

const DATA = '1.2.840.113549.1.7.1';

/** With what evidence is sealed. */
export interface SealParts extends GatewayParts {
  readonly evidenceLog: EvidenceLog;
  /** A checkpoint that holds everything that is folded now. */
  readonly checkpoint: () => Promise<PublishedCheckpoint>;
  readonly stampTime: StampTime;
  readonly ledgerKind: BundleDescription['ledger'];
  readonly demonstration: boolean;
  /** Seals with SM2 besides, where there is one. */
  readonly sm2Seal?: Sm2Seal | undefined;
}

/** What is sealed: a loan of an enterprise. */
export interface LoanMatter {
  readonly id: string;
  readonly enterprise: string;
  readonly loanRef: string;
}

/** Seals a loan. @throws GatewayError not-found when the loan has no events; as {@link sealMatter}. */
export function sealLoan(parts: SealParts, { id, enterprise, loanRef }: LoanMatter): Promise<readonly Part[]> {
  return sealMatter(parts, loanMatter(enterprise, loanRef), { id, sealedAt: instantOf(parts.clock.now()), enterprise, loanRef }, ({ kind }) => kind === 'loan');
}

/** What is sealed of a case: up to which volume, and where the bundle will be asked for. */
export interface SealedCase {
  readonly id: string;
  readonly sealedAt: Instant;
  readonly evidenceCase: EvidenceCase;
  /** See {@link caseMatter}. */
  readonly matter: Matter;
  /** The number of the volume that was sealed last. */
  readonly volume: number;
  readonly lookup: string;
}

/** Seals a case. @throws as {@link sealMatter}. */
export function sealCase(parts: SealParts, { id, sealedAt, evidenceCase, matter, volume, lookup }: SealedCase): Promise<readonly Part[]> {
  const { id: caseId, enterprise, loanRef } = evidenceCase;
  return sealMatter(parts, matter, { id, sealedAt, enterprise, ...(loanRef === undefined ? {} : { loanRef }), caseId, volume, lookup }, ({ kind }) => kind === 'evidence-case');
}

type Named = Pick<BundleDescription, 'id' | 'sealedAt' | 'enterprise' | 'loanRef' | 'caseId' | 'volume' | 'lookup'>;

/**
 * Makes the parts of a bundle, once: signatures, tokens and receipts are made here and nowhere again, so that the bundle is a pure function of what
 * this answers (see {@link bundleOf}).
 * @throws GatewayError not-found when nothing is what the matter is about, body-too-large beyond {@link MAX_FACTS}; TimestampError; LogStopped.
 */
async function sealMatter(parts: SealParts, matter: Matter, named: Named, isItself: (event: DomainEvent) => boolean): Promise<readonly Part[]> {
  const logged = await matterFacts({ log: parts.evidenceLog, readModel: parts.readModel }, matter);
  if (!logged.some(({ event }) => isItself(event))) throw GatewayError.of('not-found', 'there is no such matter of this enterprise');
  if (logged.length > MAX_FACTS) throw GatewayError.of('body-too-large', `a bundle holds at most ${MAX_FACTS} facts`);
  const checkpoint = await parts.checkpoint();
  const facts = logged.map((one): Fact => ({ leaf: one.leaf, entry: one.entry, event: one.event, path: parts.evidenceLog.inclusion(one.index, checkpoint.size).map(toBase64) }));
  const description = descriptionOf(parts, named, logged);
  const data: readonly Part[] = [
    jsonPart(BUNDLE_PART, description),
    { name: CHECKPOINT_PART, bytes: utf8ToBytes(checkpoint.text) },
    { name: CHECKPOINT_TOKEN_PART, bytes: await parts.stampTime(utf8ToBytes(checkpoint.text)) },
    ...logged.map(({ text, event, index }, at) => jsonPart(factPart(index), { leaf: text, event, path: facts[at]?.path ?? [] })),
    ...(await letterParts(parts, new Facts(facts))),
    ...(await receiptParts(parts, logged)),
  ];
  const summaries = await summaryParts(data, description, facts, checkpoint);
  return signParts(parts, inOrder([{ name: MIMETYPE_PART, bytes: utf8ToBytes(ASIC_MIMETYPE) }, ...data, ...summaries]));
}

/** The bundle of stored parts: always the same bytes. */
export function bundleOf(parts: readonly Part[]): Uint8Array {
  return writeContainer(inOrder(parts));
}

function jsonPart(name: string, value: unknown): Part {
  return { name, bytes: utf8ToBytes(canonicalJson(value)) };
}

function descriptionOf(parts: SealParts, { id, sealedAt, enterprise, ...named }: Named, logged: readonly LoggedEvent[]): BundleDescription {
  const { self, evidenceLog, ledgerKind, demonstration } = parts;
  return { format: BUNDLE_FORMAT, id, network: evidenceLog.network, sealedAt, issuer: { participant: self, mspId: issuerOf(parts).mspId }, ledger: ledgerKind, enterprise, ...named, parties: partiesOf(logged), demonstration };
}

/** Who took part: platform and institution of loan and case, and whoever asked or received. */
function partiesOf(logged: readonly LoggedEvent[]): string[] {
  const parties = logged.flatMap(({ event }): readonly (string | undefined)[] => {
    if (event.kind === 'loan' || event.kind === 'evidence-case') return [event.record.platform, event.record.recipient];
    return event.kind === 'release' ? [event.release.requester, event.release.recipient, event.release.platform] : [];
  });
  return [...new Set(parties.filter((one) => one !== undefined))].sort();
}

async function letterParts(parts: SealParts, facts: Facts): Promise<Part[]> {
  const made: Part[] = [];
  for (const { event, leaf } of facts.signed) {
    const { signed: statement, record } = event;
    const kept = statement.statement.kind === 'LETTER' ? await identityOfGrant(parts, record.id) : undefined;
    if (kept === undefined) continue;
    made.push(jsonPart(letterPart(record.id), letterAsRead(facts, { statement, kept, index: leaf.index, network: leaf.network })));
  }
  return made;
}

/** A letter to make readable: its signed statement, whose it is, the leaf that holds it. */
export interface ReadLetter {
  readonly statement: SignedStatement;
  readonly kept: KeptIdentity;
  readonly index: number;
  readonly network: string;
}

/** The letter as it was read, of the facts alone: whoever holds them makes the same. */
export function letterAsRead(facts: Facts, { statement, kept, index, network }: ReadLetter): LetterPart {
  const letter = statement.statement as Letter;
  const template = facts.need('template', templateKey(letter.template), index);
  const context = letterContext(statement, kept, facts, network);
  return { ...kept, zh: letterText(template, letter, context, 'zh'), en: letterText(template, letter, context, 'en') };
}

async function receiptParts(parts: SealParts, logged: readonly LoggedEvent[]): Promise<Part[]> {
  const made: Part[] = [];
  for (const { event, leaf } of logged) {
    if (event.kind !== 'release' || event.release.sender !== parts.self || event.release.payloadDigest === undefined) continue;
    made.push(jsonPart(receiptPart(event.release.id), await receiptFor(parts, event.release, event.release.payloadDigest, leaf)));
  }
  return made;
}

async function receiptFor(parts: SealParts, { id }: Release, payloadDigest: string, { position }: LoggedEvent['leaf']) {
  const block = parts.readModel.block(position.block);
  if (block === undefined) throw GatewayError.of('not-ready', 'the projection does not hold the release\u2019s block yet', { retryAfterSeconds: 1 });
  return receiptOf(parts, id, { position, head: { block: block.block, hash: block.hash, time: block.time }, payloadDigest });
}

/** What the bundle says, for people: made of the same facts, in both languages. */
async function summaryParts(data: readonly Part[], description: BundleDescription, facts: readonly Fact[], { size }: PublishedCheckpoint): Promise<Part[]> {
  const { letters } = readBundle(data);
  const summary = { description, facts: new Facts(facts), letters, size, contentDigest: contentDigest(inOrder(data)) };
  return Promise.all((['en', 'zh'] as const).map(async (language) => ({ name: summaryPart(language), bytes: await summaryPaper(summary, language) })));
}

function issuerOf({ identityOf, self }: GatewayParts): CertifiedSigner & { readonly mspId: string } {
  const identity = identityOf(self);
  if (identity === undefined) throw GatewayError.of('not-ready', 'this gateway holds no identity of its participant to seal with');
  return { mspId: identity.mspId, certificate: certificateDer(identity.certificate), sign: identity.sign };
}

/** The data parts with their manifest, CAdES over it with a timestamp of the signature, and the SM2 seal where one is made. @throws TimestampError. */
export async function signParts(parts: SealParts, data: readonly Part[]): Promise<Part[]> {
  const manifest = utf8ToBytes(writeManifest(data));
  const attributes = [signingTime(parts.clock.now())];
  const made = await makeSignedData({ suite: SHA256_SUITE, signer: issuerOf(parts), contentType: DATA, content: manifest, encapsulated: false, attributes });
  const token = await parts.stampTime(made.signature);
  const seal = parts.sm2Seal === undefined ? [] : [{ name: SM2_SEAL_PART, bytes: await makeSm2Seal(parts.sm2Seal.signer, manifest, attributes) }];
  return [...data, { name: MANIFEST_PART, bytes: manifest }, { name: SIGNATURE_PART, bytes: made.encode(token) }, ...seal];
}
