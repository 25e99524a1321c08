import { packageDigest, volumeDigest, volumeIdOf, type EvidenceCase, type EvidenceVolume, type OfferedItem } from '@kesu/chaincode/domain';
import { aFile } from '../../testing/evidence-bodies';
import { appointJudicial, JUDICIAL } from '../../testing/judicial-cast';
import { CAST } from '../../testing/test-cast';
import { CaseBundles } from '../case-bundles';
import type { SealParts } from '../seal-evidence';
import { EvidenceWorld } from './evidence-world';

/** Where the world's bundles are asked for. */
export const ORIGIN = 'http://localhost:4010';

/** A lawsuit over the evidence world's loan: a sealed volume of files and of links of every kind, handed over to a court that received it. */
export class CaseWorld {
  private constructor(
    readonly evidence: EvidenceWorld,
    readonly caseId: string,
    readonly bundles: CaseBundles,
  ) {}

  static async open(): Promise<CaseWorld> {
    const evidence = await EvidenceWorld.open();
    await appointJudicial(evidence.logs.world);
    const made = new CaseWorld(evidence, evidence.logs.world.nextId(), CaseWorld.bundlesOf(evidence));
    await made.#fill();
    return made;
  }

  /** The bundles as a gateway that starts on the same stores opens them. */
  static bundlesOf(evidence: EvidenceWorld, changes: Partial<SealParts> = {}): CaseBundles {
    return new CaseBundles({ ...evidence.sealParts, ...changes, addressOf: (caseId, id) => `${ORIGIN}/v1/evidence-cases/${caseId}/bundles/${id}` });
  }

  get world() {
    return this.evidence.logs.world;
  }

  async #fill(): Promise<void> {
    const { world, evidence, caseId } = this;
    const { enterprise, id: grantId, loanRef = '' } = evidence.grant;
    const about = { party: 'RECIPIENT' as const, enterprise, platform: CAST.platform, recipient: CAST.bank };
    const kept = world.nextId();
    await world.submit(CAST.bank, 'evidence:open', { id: kept, kind: 'PRESERVATION', authority: JUDICIAL.notary, ...about });
    await this.lodge(kept, [aFile('LOAN_CONTRACT', world.at)]);
    await world.submit(CAST.bank, 'evidence:open', { id: caseId, kind: 'LITIGATION', loanRef, ...about });
    const { version } = await world.read<{ version: number }>('loan', loanRef);
    world.pass(60_000);
    await this.lodge(caseId, [
      aFile('CLAIM', world.at),
      aFile('COLLECTION_RECORD', world.at, { hashing: 'PLAIN', form: 'RECORDING', provenance: { source: CAST.bank, mechanism: 'RECORDED', producedAt: world.at, custody: [{ place: 'RECORDING_SYSTEM', holder: CAST.bank, since: world.at }], digestedAt: world.at, witness: JUDICIAL.notary } }),
      { source: 'LEDGER', link: { kind: 'RELEASE', id: evidence.release.id } },
      { source: 'LEDGER', link: { kind: 'GRANT', id: grantId, version: 2 } },
      { source: 'LEDGER', link: { kind: 'LOAN_EVENT', id: loanRef, version } },
      { source: 'LEDGER', link: { kind: 'VOLUME', id: kept, number: 1 } },
    ]);
    world.pass(60_000);
    await world.submit(CAST.bank, 'proceedings:seal', { id: caseId });
    const sealed = await world.read<EvidenceCase>('evidence-case', caseId);
    await world.submit(CAST.bank, 'proceedings:hand-over', { id: caseId, authority: JUDICIAL.court, packageDigest: packageDigest(world.ledger.network, sealed) });
    await world.submit(JUDICIAL.court, 'proceedings:receive', { id: caseId });
    await this.caughtUp();
  }

  /** A sealed volume of a case, its items put in one after the other. */
  async lodge(id: string, items: readonly object[]): Promise<number> {
    const { world } = this;
    await world.submit(CAST.bank, 'evidence:open-volume', { id, subject: 'CONTRACT' });
    const number = (await world.read<EvidenceCase>('evidence-case', id)).volumes.length;
    for (const item of items) await world.submit(CAST.bank, 'evidence:add-items', { id, volume: number, items: [item as OfferedItem] });
    const volume = await world.read<EvidenceVolume>('evidence-volume', volumeIdOf(id, number));
    await world.submit(CAST.bank, 'evidence:seal-volume', { id, volume: number, digest: volumeDigest(world.ledger.network, volume) });
    return number;
  }

  /** The projection shows what the ledger holds. */
  async caughtUp(): Promise<void> {
    await this.evidence.logs.releases.projection.caughtUp();
  }

  dispose(): Promise<void> {
    return this.evidence.dispose();
  }
}
