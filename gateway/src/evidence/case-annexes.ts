import { createHash } from 'node:crypto';
import { canonicalJson, DomainError, EVIDENCE_ANNEX_FORMAT, FABRIC_ANNEX_FORMAT, instantOf, MAX_ANNEX_BLOCKS, type AnnexFact, type AnyAnnex } from '@kesu/chaincode/domain';
import type { LedgerHost } from '@kesu/network';
import { MAX_FILE_BYTES, readBundle, readContainer, type BundleDescription } from '@kesu/verifier';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { CaseBundles, SealedBundle } from './case-bundles';

/** The record of an annex: who had it made, why, of what. On an embedded ledger its bytes follow from it and the ledger. */
export interface MadeAnnex extends About {
  /** SHA-256 over the file, hex. */
  readonly digest: string;
  readonly byteCount: number;
  readonly blocks: readonly number[];
}

type About = Pick<AnyAnnex, 'id' | 'caseId' | 'bundle' | 'madeAt' | 'madeFor'>;

/** With what annexes are made. */
export interface AnnexParts extends Pick<GatewayParts, 'store' | 'clock'> {
  readonly network: string;
  readonly ledger: Pick<LedgerHost, 'blocks' | 'blockText'>;
  readonly ledgerKind: BundleDescription['ledger'];
  readonly bundles: Pick<CaseBundles, 'list' | 'find' | 'bytesOf'>;
}

const TABLE = 'evidence-annexes';
/** The files of annexes that can't be made again byte for byte: two peers keep one block with the signatures of two orderers. */
const FILES = 'evidence-annex-files';
const MAX_ANNEXES = 1_000;

/**
 * Annexes of bundles: the blocks that hold their facts, for a court or the node. That one was made, for whom and why, is on disk before its first byte is
 * given out.
 */
export class CaseAnnexes {
  constructor(private readonly parts: AnnexParts) {}

  /**
   * Makes the annex of a case's newest bundle and records that it was made; a repeat under the same id answers the same.
   * @throws DomainError document-required before the case was sealed; GatewayError body-too-large; LedgerError when no peer gives out a block.
   */
  async make(caseId: string, id: string, madeFor: AnyAnnex['madeFor']): Promise<MadeAnnex> {
    const present = await this.find(caseId, id);
    if (present !== undefined) return present;
    const [bundle] = await this.parts.bundles.list(caseId);
    if (bundle === undefined) throw DomainError.of('document-required', 'the case is not sealed as a bundle yet: an annex is one of a bundle');
    const about = { id, caseId, bundle: { id: bundle.id, digest: bundle.digest }, madeAt: instantOf(this.parts.clock.now()), madeFor };
    const { blocks, bytes } = await this.write(about, bundle);
    const made: MadeAnnex = { ...about, digest: sha256Hex(bytes), byteCount: bytes.length, blocks };
    const key = `${caseId}/${id}`;
    const file = this.parts.ledgerKind === 'FABRIC' ? [{ table: FILES, key, value: bytes }] : [];
    await this.parts.store.commit([...file, { table: TABLE, key, value: Buffer.from(canonicalJson(made), 'utf8') }]);
    return made;
  }

  /** Every annex of a case, the newest first. */
  async list(caseId: string): Promise<readonly MadeAnnex[]> {
    const found: MadeAnnex[] = [];
    for await (const { key, value } of this.parts.store.entries(TABLE, { gt: `${caseId}/`, limit: MAX_ANNEXES })) {
      if (!key.startsWith(`${caseId}/`)) break;
      found.push(JSON.parse(value.toString('utf8')) as MadeAnnex);
    }
    return found.sort((a, b) => (a.madeAt < b.madeAt ? 1 : -1));
  }

  /** One annex of a case. */
  async find(caseId: string, id: string): Promise<MadeAnnex | undefined> {
    const stored = await this.parts.store.get(TABLE, `${caseId}/${id}`);
    return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as MadeAnnex);
  }

  /** The bytes of an annex, kept or read from the ledger again. @throws Error when they are not the ones that were recorded. */
  async bytesOf({ digest, byteCount: _byteCount, blocks: _blocks, ...about }: MadeAnnex): Promise<Uint8Array> {
    const bytes = (await this.parts.store.get(FILES, `${about.caseId}/${about.id}`)) ?? (await this.writeAgain(about));
    if (sha256Hex(bytes) !== digest) throw new Error(`the annex ${about.id} is not the one that was recorded`);
    return bytes;
  }

  private async writeAgain(about: About): Promise<Uint8Array> {
    const bundle = await this.parts.bundles.find(about.caseId, about.bundle.id);
    if (bundle === undefined) throw new Error(`the bundle of the annex ${about.id} is not kept`);
    return (await this.write(about, bundle)).bytes;
  }

  private async write(about: About, bundle: SealedBundle): Promise<{ readonly blocks: readonly number[]; readonly bytes: Uint8Array }> {
    const { ledger, ledgerKind, network, bundles } = this.parts;
    const facts = readBundle(readContainer(await bundles.bytesOf(bundle))).facts.map(({ leaf: { index, position, eventDigest } }): AnnexFact => ({ leaf: index, block: position.block, index: position.index, item: position.item, eventDigest }));
    const last = Math.max(...facts.map(({ block }) => block));
    const numbers = [...new Set([...(ledgerKind === 'FABRIC' ? [0] : await this.configurations(last)), ...facts.map(({ block }) => block)])].sort((a, b) => a - b);
    if (numbers.length > MAX_ANNEX_BLOCKS) throw GatewayError.of('body-too-large', `an annex holds at most ${MAX_ANNEX_BLOCKS} blocks`);
    const blocks: string[] = [];
    let length = 0;
    for (const number of numbers) {
      const text = await ledger.blockText(number);
      length += text.length;
      if (length > MAX_FILE_BYTES) throw tooLarge();
      blocks.push(text);
    }
    const annex: AnyAnnex = { format: ledgerKind === 'FABRIC' ? FABRIC_ANNEX_FORMAT : EVIDENCE_ANNEX_FORMAT, network, ...about, facts, blocks };
    const bytes = Buffer.from(canonicalJson(annex), 'utf8');
    if (bytes.length > MAX_FILE_BYTES) throw tooLarge();
    return { blocks: numbers, bytes };
  }

  /** The blocks of an embedded ledger's configuration up to one: a block without transactions is such a one. */
  private async configurations(last: number): Promise<number[]> {
    const reading = new AbortController();
    const found: number[] = [];
    try {
      for await (const { block, transactions } of this.parts.ledger.blocks(0, reading.signal)) {
        if (transactions.length === 0) found.push(block);
        if (block >= last) break;
      }
    } finally {
      reading.abort();
    }
    return found;
  }
}

function tooLarge(): GatewayError {
  return GatewayError.of('body-too-large', `an annex has at most ${MAX_FILE_BYTES} bytes`);
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
