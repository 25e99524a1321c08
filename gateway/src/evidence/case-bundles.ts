import { createHash } from 'node:crypto';
import { canonicalJson, DomainError, instantOf, type EvidenceCase, type EvidenceVolume } from '@kesu/chaincode/domain';
import { contentDigest, type Part } from '@kesu/verifier';
import type { JournalChange } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import { volumesOf } from '../use-cases/case-findings';
import { derivedId } from '../use-cases/secrets';
import { logHolds } from './log-wait';
import { caseMatter, type Matter } from './matter-facts';
import { bundleOf, sealCase, type SealParts } from './seal-evidence';

/** A bundle as it is kept: what it is of, its digests, the names of its parts. */
export interface SealedBundle {
  readonly id: string;
  readonly caseId: string;
  /** The volume that was sealed last when it was made: there is one bundle for each. */
  readonly volume: number;
  readonly sealedAt: string;
  /** SHA-256 over the file, hex. */
  readonly digest: string;
  /** What the printed summary names: SHA-256 over the manifest without the summaries, hex. */
  readonly contentDigest: string;
  readonly byteCount: number;
  readonly parts: readonly string[];
}

const BUNDLES = 'evidence-bundles';
const PARTS = 'evidence-bundle-parts';
const MAX_BUNDLES = 100;

/** With what cases are sealed. */
export interface CaseBundleParts extends SealParts {
  /** The address of a bundle for people and other programs. */
  readonly addressOf: (caseId: string, bundleId: string) => string;
}

/**
 * The bundles of cases. What is made once (signatures, tokens, summary) is made at sealing and kept with everything else of the bundle in one commit of
 * the journal: a crash before it leaves nothing, after it the bundle is whole; what was answered is on disk.
 */
export class CaseBundles {
  readonly #sealing = new Map<string, Promise<SealedBundle>>();

  constructor(private readonly parts: CaseBundleParts) {}

  /**
   * Seals a case as the projection shows it, once for each volume that was sealed last: asked again it answers the bundle that is there.
   * @throws GatewayError not-found; DomainError document-required while no volume is sealed; as {@link sealCase} and LogStopped.
   */
  async seal(caseId: string): Promise<SealedBundle> {
    const snapshot = this.snapshot(caseId);
    const id = await derivedId(this.parts, 'operations', 'evidence-bundle', caseId, String(snapshot.volume));
    const present = await this.find(caseId, id);
    if (present !== undefined) return present;
    const running = this.#sealing.get(id);
    if (running !== undefined) return running;
    const sealing = this.make(snapshot, id).finally(() => this.#sealing.delete(id));
    this.#sealing.set(id, sealing);
    return sealing;
  }

  /** The bundles of a case, the newest first. */
  async list(caseId: string): Promise<readonly SealedBundle[]> {
    const found: SealedBundle[] = [];
    for await (const { key, value } of this.parts.store.entries(BUNDLES, { gt: `${caseId}/`, limit: MAX_BUNDLES })) {
      if (!key.startsWith(`${caseId}/`)) break;
      found.push(JSON.parse(value.toString('utf8')) as SealedBundle);
    }
    return found.sort((a, b) => (a.sealedAt < b.sealedAt ? 1 : -1));
  }

  /** One bundle of a case. */
  async find(caseId: string, id: string): Promise<SealedBundle | undefined> {
    const stored = await this.parts.store.get(BUNDLES, `${caseId}/${id}`);
    return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as SealedBundle);
  }

  /** The bytes of a bundle, made of its stored parts. @throws Error when they are not the ones that were sealed. */
  async bytesOf(bundle: SealedBundle): Promise<Uint8Array> {
    const parts: Part[] = [];
    for (const name of bundle.parts) {
      const bytes = await this.parts.store.get(PARTS, `${bundle.id}/${name}`);
      if (bytes === undefined) throw new Error(`the bundle ${bundle.id} lacks a part`);
      parts.push({ name, bytes });
    }
    const bytes = bundleOf(parts);
    if (sha256Hex(bytes) !== bundle.digest) throw new Error(`the bundle ${bundle.id} is not the one that was sealed`);
    return bytes;
  }

  /** Everything that is read of the projection, at one position of it. */
  private snapshot(caseId: string): Snapshot {
    const { readModel } = this.parts;
    const evidenceCase = readModel.record('evidence-case', caseId)?.record;
    if (evidenceCase === undefined) throw GatewayError.of('not-found', 'there is no such case');
    const volume = newestSealed(volumesOf(this.parts, evidenceCase));
    if (volume === undefined) throw DomainError.of('document-required', 'no volume is sealed: what is not sealed does not count');
    return { evidenceCase, volume, matter: caseMatter(this.parts, evidenceCase) };
  }

  private async make({ evidenceCase, volume, matter }: Snapshot, id: string): Promise<SealedBundle> {
    const { evidenceLog, store, addressOf, clock } = this.parts;
    const { id: caseId } = evidenceCase;
    await logHolds(evidenceLog, matter.upToBlock ?? 0);
    const sealedAt = instantOf(clock.now());
    const parts = await sealCase(this.parts, { id, sealedAt, evidenceCase, matter, volume, lookup: addressOf(caseId, id) });
    const bytes = bundleOf(parts);
    const sealed: SealedBundle = { id, caseId, volume, sealedAt, digest: sha256Hex(bytes), contentDigest: contentDigest(parts), byteCount: bytes.length, parts: parts.map(({ name }) => name) };
    const changes: JournalChange[] = parts.map((part) => ({ table: PARTS, key: `${id}/${part.name}`, value: part.bytes }));
    await store.commit([...changes, { table: BUNDLES, key: `${caseId}/${id}`, value: Buffer.from(canonicalJson(sealed), 'utf8') }]);
    return sealed;
  }
}

interface Snapshot {
  readonly evidenceCase: EvidenceCase;
  readonly volume: number;
  readonly matter: Matter;
}

/** The number of the volume that was sealed last; of several at one time the last by number. */
function newestSealed(volumes: readonly EvidenceVolume[]): number | undefined {
  const sealed = volumes.flatMap(({ number, sealedAt }) => (sealedAt === undefined ? [] : [{ number, sealedAt }]));
  return sealed.reduce<(typeof sealed)[number] | undefined>((newest, one) => (newest === undefined || one.sealedAt >= newest.sealedAt ? one : newest), undefined)?.number;
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
