import { encodeVerifierKey, FABRIC_ANNEX_FORMAT, NOTE_KEY_TYPES, type AnnexFact, type FabricAnnex } from '@kesu/chaincode/domain';
import { TRUST_FORMAT, type TrustFile } from '@kesu/verifier';

/** Blocks of a Fabric network as its peer gave them out, with what a trust file says of it. `scripts/e2e/evidence-annex.fabric.test.ts` records one. */
export interface FabricRecord {
  readonly network: string;
  readonly organisations: TrustFile['organisations'];
  readonly fabric: NonNullable<TrustFile['fabric']>;
  readonly facts: readonly AnnexFact[];
  /** `common.Block` in base64, ascending: block 0 and those that hold the facts. */
  readonly blocks: readonly string[];
}

/** The annex that shows a record's blocks, of a bundle that nobody looks at. */
export function annexOf({ network, facts, blocks }: Pick<FabricRecord, 'network' | 'facts' | 'blocks'>): FabricAnnex {
  const id = '1'.repeat(32);
  return {
    format: FABRIC_ANNEX_FORMAT, network, id, caseId: id, bundle: { id, digest: 'ab'.repeat(32) }, madeAt: '2026-12-01T00:00:00.000Z',
    madeFor: { participant: 'court-one', operator: 'CLERK-1', reason: 'court-order' }, facts: [...facts], blocks: [...blocks],
  };
}

/** What a notary trusts of a record's network. */
export function trustOf({ network, organisations, fabric }: FabricRecord): TrustFile {
  const key = (type: (typeof NOTE_KEY_TYPES)[keyof typeof NOTE_KEY_TYPES]): string => encodeVerifierKey({ name: `kesu/${network}`, type, publicKey: new Uint8Array(32).fill(1) });
  return {
    format: TRUST_FORMAT, network, log: { keys: [key(NOTE_KEY_TYPES.ed25519)] }, cosigners: { threshold: 1, keys: [key(NOTE_KEY_TYPES.cosignature)] }, organisations, fabric,
    issuers: [{ participant: 'platform-01', mspId: 'NodeMSP' }], timestampAuthorities: [], operators: ['platform-01'],
  };
}
