import { canonicalJson, instantOf, letterText, shanghaiTime, templateKey, toBase64, utf8ToBytes, type Instant, type Letter, type Release } from '@kesu/chaincode/domain';
import { ASIC_MIMETYPE, BUNDLE_FORMAT, BUNDLE_PART, CHECKPOINT_PART, CHECKPOINT_TOKEN_PART, factPart, Facts, inOrder, letterContext, letterPart, MANIFEST_PART, MIMETYPE_PART, receiptPart, SIGNATURE_PART, SM2_SEAL_PART, writeContainer, writeManifest, type BundleDescription, type Fact, type LetterPart, type Part } from '@kesu/verifier';
import type { EvidenceLog, LoggedEvent, PublishedCheckpoint } from '../evidence-log';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { identityOfGrant } from '../use-cases/grants';
import { receiptOf } from '../use-cases/receipt';
import { certificateDer, makeSignedData, SHA256_SUITE, signingTime, type CertifiedSigner } from './signed-data';
import { loanFacts } from './loan-facts';
import { makeSm2Seal, type Sm2Seal } from './sm2-seal';
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

/**
 * Makes the parts of a bundle, once: signatures, tokens and receipts are made here and nowhere again, so that the bundle is a pure function of what
 * this answers (see {@link bundleOf}).
 * @throws GatewayError not-found when the loan has no events; TimestampError; LogStopped.
 */
export async function sealLoan(parts: SealParts, matter: LoanMatter): Promise<readonly Part[]> {
  const logged = await loanFacts({ log: parts.evidenceLog, readModel: parts.readModel }, matter.enterprise, matter.loanRef);
  if (!logged.some(({ event }) => event.kind === 'loan')) throw GatewayError.of('not-found', 'there is no such loan of this enterprise');
  const checkpoint = await parts.checkpoint();
  const facts = logged.map((one): Fact => ({ leaf: one.leaf, entry: one.entry, event: one.event, path: parts.evidenceLog.inclusion(one.index, checkpoint.size).map(toBase64) }));
  const sealedAt = instantOf(parts.clock.now());
  const description = descriptionOf(parts, matter, logged, sealedAt);
  const letters = await letterParts(parts, new Facts(facts));
  const data = [
    jsonPart(BUNDLE_PART, description),
    { name: CHECKPOINT_PART, bytes: utf8ToBytes(checkpoint.text) },
    { name: CHECKPOINT_TOKEN_PART, bytes: await parts.stampTime(utf8ToBytes(checkpoint.text)) },
    ...logged.map(({ text, event, index }, at) => jsonPart(factPart(index), { leaf: text, event, path: facts[at]?.path ?? [] })),
    ...letters,
    ...(await receiptParts(parts, logged)),
    ...summaries(description, logged, checkpoint),
  ];
  return signParts(parts, inOrder([{ name: MIMETYPE_PART, bytes: utf8ToBytes(ASIC_MIMETYPE) }, ...data]));
}

/** The bundle of stored parts: always the same bytes. */
export function bundleOf(parts: readonly Part[]): Uint8Array {
  return writeContainer(inOrder(parts));
}

function jsonPart(name: string, value: unknown): Part {
  return { name, bytes: utf8ToBytes(canonicalJson(value)) };
}

function descriptionOf(parts: SealParts, { id, enterprise, loanRef }: LoanMatter, logged: readonly LoggedEvent[], sealedAt: Instant): BundleDescription {
  const { self, evidenceLog, ledgerKind, demonstration } = parts;
  return { format: BUNDLE_FORMAT, id, network: evidenceLog.network, sealedAt, issuer: { participant: self, mspId: issuerOf(parts).mspId }, ledger: ledgerKind, enterprise, loanRef, parties: partiesOf(logged), demonstration };
}

/** Who took part in the loan: its platform, its recipient, and whoever asked or received. */
function partiesOf(logged: readonly LoggedEvent[]): string[] {
  const parties = logged.flatMap(({ event }): readonly (string | undefined)[] => {
    if (event.kind === 'loan') return [event.record.platform, event.record.recipient];
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
    const letter = statement.statement as Letter;
    const template = facts.need('template', templateKey(letter.template), leaf.index);
    const context = letterContext(statement, kept, facts, leaf.network);
    made.push(jsonPart(letterPart(record.id), { ...kept, zh: letterText(template, letter, context, 'zh'), en: letterText(template, letter, context, 'en') } satisfies LetterPart));
  }
  return made;
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

/** What the bundle says, for people: made of the same facts. */
function summaries({ enterprise, loanRef = '', sealedAt, issuer, demonstration }: BundleDescription, logged: readonly LoggedEvent[], { size }: PublishedCheckpoint): Part[] {
  const rows = (language: 'zh' | 'en'): string[] => logged.filter(({ event }) => event.kind !== 'rule-book').map(({ leaf }) => `${leaf.position.block}.${leaf.position.index}.${leaf.position.item}  ${shanghaiTime(leaf.claimedTime, language)}  ${leaf.kind}${leaf.action === undefined ? '' : ` ${leaf.action}`}`);
  const zh = ['可溯证据包摘要', `主体编号:${enterprise}`, `贷款编号:${loanRef}`, `出具方:${issuer.participant}`, `封存时间:${shanghaiTime(sealedAt, 'zh')}`, `检查点包含事件数:${size}`, ...rows('zh'), ...(demonstration ? ['演示数据,非真实业务'] : [])];
  const en = ['Summary of a Kesu evidence bundle', `Enterprise: ${enterprise}`, `Loan: ${loanRef}`, `Issued by: ${issuer.participant}`, `Sealed at: ${shanghaiTime(sealedAt, 'en')}`, `Events under the checkpoint: ${size}`, ...rows('en'), ...(demonstration ? ['Demonstration data, not real business'] : [])];
  return [
    { name: 'summary.en.txt', bytes: utf8ToBytes(`${en.join('\n')}\n`) },
    { name: 'summary.zh.txt', bytes: utf8ToBytes(`${zh.join('\n')}\n`) },
  ];
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
