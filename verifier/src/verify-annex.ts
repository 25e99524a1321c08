import { assertP256Signature, BlockError, decodeBlock, decodeProposal, digestOf, DomainError, eventsOf, evidenceAnnexSchema, sha256Hex, toBase64url, utf8ToBytes, verifyP256WithNoble, type Block, type CallRecord, type EvidenceAnnex, type FabricAnnex } from '@kesu/chaincode/domain';
import { AnnexSigners } from './annex-signers';
import { holds, runCheck, type Check, type CheckResult } from './checks/check';
import { ensure, VerificationFailure } from './failure';
import type { Trust } from './trust';
import { verdictOf, type Verification } from './verify-bundle';

interface AnnexContext {
  readonly trust: Trust;
  readonly annex: EvidenceAnnex;
  readonly blocks: readonly Block[];
  readonly signers: AnnexSigners;
}

interface AnnexReading {
  readonly value: unknown;
  readonly trust: Trust;
  context?: AnnexContext;
}

const form: Check<AnnexReading> = {
  name: 'form',
  rule: 'docs/formats/evidence-annex.md; docs/formats/block.md',
  isRequired: true,
  run: (reading) => {
    const parsed = evidenceAnnexSchema.safeParse(reading.value);
    if (!parsed.success) throw new VerificationFailure('part-malformed', `${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'no annex'}`);
    const annex = parsed.data;
    ensure(annex.network === reading.trust.file.network, 'bundle-network-foreign', `the annex is of the ledger ${annex.network}, the trust file of ${reading.trust.file.network}`);
    const blocks = annex.blocks.map(blockOf);
    reading.context = { trust: reading.trust, annex, blocks, signers: new AnnexSigners(reading.trust.organisations) };
    return holds(annexSummary(annex), '–');
  },
};

/** What an annex says of itself. */
export function annexSummary({ bundle, madeAt, madeFor, blocks }: EvidenceAnnex | FabricAnnex): string {
  return `of the bundle ${bundle.id}, SHA-256 ${bundle.digest}; made ${madeAt} for ${madeFor.participant} (${madeFor.operator}): ${madeFor.reason}; ${blocks.length} blocks`;
}

function blockOf(text: string): Block {
  try {
    return decodeBlock(text);
  } catch (error) {
    if (error instanceof BlockError) throw new VerificationFailure('annex-block-malformed', error.message);
    throw error;
  }
}

/** Blocks that follow each other link; of those between nothing is shown. */
const chainCheck: Check<AnnexContext> = {
  name: 'block-chain',
  rule: 'docs/formats/block.md 1–4',
  isRequired: true,
  run: ({ annex, blocks }) => {
    const [first] = blocks;
    const configuration = first?.records[0];
    ensure(first?.header.number === 0 && configuration?.kind === 'configuration' && configuration.configuration.network === annex.network, 'annex-chain-broken', 'block 0 with the configuration of this ledger is not shown first');
    let links = 0;
    blocks.forEach(({ header }, at) => {
      const before = blocks[at - 1];
      if (before === undefined) return;
      ensure(header.number > before.header.number, 'annex-chain-broken', `block ${header.number} stands behind block ${before.header.number}`);
      if (header.number !== before.header.number + 1) return;
      ensure(header.previousHash === before.hash, 'annex-chain-broken', `block ${header.number} does not follow block ${before.header.number}`);
      links += 1;
    });
    return holds(`blocks ${blocks.map(({ header }) => header.number).join(', ')}; ${links} follow the one before; what lies between is not shown`, 'SHA-256');
  },
};

/** Each block is signed by the operator that the newest configuration shown before it names. */
const operatorCheck: Check<AnnexContext> = {
  name: 'operator-signatures',
  rule: 'docs/formats/block.md 5; 人民法院在线诉讼规则 art. 17(1)',
  isRequired: true,
  run: (context) => {
    const { blocks } = context;
    let operator: { readonly mspId: string; readonly certificate: string } | undefined;
    for (const block of blocks) {
      const [only] = block.records;
      const named = only?.kind === 'configuration' ? only.configuration.operator : undefined;
      const signer = operator ?? named;
      ensure(signer !== undefined, 'annex-signature-invalid', `nobody is named who signs block ${block.header.number}`);
      const certificate = context.signers.trusted(signer, block.header.time);
      signed(() => assertP256Signature(toBase64url(certificate.publicKey), utf8ToBytes(block.headerLine), block.signature, verifyP256WithNoble), 'annex-signature-invalid', `the signature of block ${block.header.number}`);
      operator = named ?? operator;
    }
    return holds(`${blocks.length} blocks signed by the ledger’s operator; a configuration that is not shown could name another`, `the operator’s key; its certificate: ${operator?.mspId ?? ''}’s root in the trust file`);
  },
};

function signed(act: () => void, code: 'annex-signature-invalid' | 'annex-caller-invalid', what: string): void {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) throw new VerificationFailure(code, `${what}: ${error.detail}`);
    throw error;
  }
}

/** The digest of an event that a transaction tells of; undefined when there is none. */
export function eventDigestAt(effect: Parameters<typeof eventsOf>[0], item: number): string | undefined {
  try {
    const events = eventsOf(effect);
    return item < events.length ? digestOf(events[item]) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Each fact of the bundle is in a block that is shown, in a transaction that its caller signed. */
const factCheck: Check<AnnexContext> = {
  name: 'facts-in-blocks',
  rule: 'docs/formats/block.md, call records',
  isRequired: true,
  run: (context) => {
    const { annex, blocks } = context;
    const byNumber = new Map(blocks.map((block) => [block.header.number, block]));
    const callers = new Set<string>();
    const seen = new Set<string>();
    for (const { leaf, block, index, item, eventDigest } of annex.facts) {
      const record = byNumber.get(block)?.records[index];
      ensure(record?.kind === 'call' && record.validity === 'VALID', 'annex-fact-missing', `the transaction of leaf ${leaf} (${block}.${index}) is not shown`);
      ensure(eventDigestAt(record, item) === eventDigest, 'annex-fact-missing', `the event of leaf ${leaf} is not the one of ${block}.${index}.${item}`);
      if (!seen.has(record.txId)) assertCaller(record, `${block}.${index}`, context);
      seen.add(record.txId);
      callers.add(record.mspId);
    }
    return holds(`${annex.facts.length} facts, each in a transaction that its caller signed (${[...callers].sort().join(', ')})`, 'the callers’ keys; their certificates: the organisations’ roots in the trust file');
  },
};

function assertCaller({ mspId, certificate: pem, proposal, signature, command, txId }: CallRecord, where: string, context: AnnexContext): void {
  const claimed = proposalOf(proposal, where);
  ensure(claimed.txId === txId && claimed.network === context.trust.file.network && claimed.commandDigest === sha256Hex(command), 'annex-caller-invalid', `the caller of ${where} signed something else`);
  const certificate = context.signers.trusted({ mspId, certificate: pem }, claimed.claimedTime);
  signed(() => assertP256Signature(toBase64url(certificate.publicKey), utf8ToBytes(proposal), signature, verifyP256WithNoble), 'annex-caller-invalid', `the caller’s signature at ${where}`);
}

function proposalOf(text: string, where: string) {
  try {
    return decodeProposal(text);
  } catch (error) {
    if (error instanceof BlockError) throw new VerificationFailure('annex-caller-invalid', `${where}: ${error.message}`);
    throw error;
  }
}

/** The blocks behind a bundle: what the operator of an embedded ledger signed. Held against the bundle by its digest and by the block hashes in its leaves. */
export function verifyAnnex(value: unknown, trust: Trust): Verification {
  const reading: AnnexReading = { value, trust };
  const checks: CheckResult[] = [runCheck(form, reading)];
  const { context } = reading;
  if (context !== undefined) checks.push(...[chainCheck, operatorCheck, factCheck].map((check) => runCheck(check, context)));
  return { kind: 'evidence-annex', verdict: verdictOf(checks), checks };
}
