import type { TrustFile } from '@kesu/verifier';
import type { Configuration } from '../config';
import type { LogParts } from '../evidence-log';
import type { GatewayParts } from '../gateway-parts';
import type { Stores } from '../stores';
import { CaseAnnexes } from './case-annexes';
import { CaseBundles, type SealedBundle } from './case-bundles';
import type { SealingMeans } from './sealing-means';
import { trustOfGateway } from './trust-of-gateway';

/** What sealed evidence of a running gateway is made of. */
export interface EvidenceParts {
  readonly configuration: Pick<Configuration, 'ledger' | 'origin' | 'demonstration'>;
  readonly parts: GatewayParts;
  readonly stores: Pick<Stores, 'journal' | 'identities' | 'ledger' | 'fabric'>;
  readonly evidenceLog: LogParts;
  readonly means: SealingMeans;
}

/** A running gateway's sealed evidence. */
export interface OpenEvidence {
  /** Absent where nothing can be sealed: another gateway publishes the log, or no timestamp authority is known. */
  readonly bundles: CaseBundles | undefined;
  /** Absent where there are no bundles. */
  readonly annexes: CaseAnnexes | undefined;
  /** What this gateway's operator says that a notary may trust. */
  trust(): Promise<TrustFile>;
  /** The newest bundle of a case, as a hand-over names it. */
  newestOf(caseId: string): Promise<Pick<SealedBundle, 'id' | 'digest' | 'contentDigest'> | undefined>;
}

/** Opens the sealing of evidence. */
export function openEvidence({ configuration, parts, stores, evidenceLog: { log, publisher }, means }: EvidenceParts): OpenEvidence {
  const ledgerKind = configuration.ledger === 'embedded' ? 'EMBEDDED' : 'FABRIC';
  const { stampTime, timestampAuthorities, sm2Seal } = means;
  const addressOf = (caseId: string, bundleId: string): string => `${configuration.origin}/v1/evidence-cases/${caseId}/bundles/${bundleId}`;
  const bundles =
    publisher === undefined || stampTime === undefined
      ? undefined
      : new CaseBundles({ ...parts, evidenceLog: log, checkpoint: () => publisher.publish(), stampTime, ledgerKind, demonstration: configuration.demonstration.enabled, addressOf, sm2Seal });
  const { ledger, journal: store, fabric } = stores;
  return {
    bundles,
    annexes: bundles === undefined ? undefined : new CaseAnnexes({ network: ledger.network, ledger, ledgerKind, bundles, store, clock: parts.clock }),
    trust: async () => trustOfGateway({ parts, network: stores.ledger.network, organisations: await stores.identities.organisations(), timestampAuthorities, ...(fabric === undefined ? {} : { fabric }), ...(sm2Seal === undefined ? {} : { sm2Roots: [sm2Seal.root] }) }),
    newestOf: async (caseId) => {
      const [newest] = (await bundles?.list(caseId)) ?? [];
      return newest === undefined ? undefined : { id: newest.id, digest: newest.digest, contentDigest: newest.contentDigest };
    },
  };
}
