import { encodeVerifierKey, type OrganisationTrust } from '@kesu/chaincode/domain';
import { TRUST_FORMAT, type TrustFile } from '@kesu/verifier';
import { introducedKeys } from '../evidence-log/log-parts';
import type { GatewayParts } from '../gateway-parts';

/** What a trust file is made of. */
export interface TrustParts {
  readonly parts: Pick<GatewayParts, 'readModel' | 'clock' | 'self' | 'identityOf'>;
  readonly network: string;
  /** By MSP id. */
  readonly organisations: Readonly<Record<string, OrganisationTrust>>;
  /** How many cosigners must have signed; more than half of them unless given. */
  readonly threshold?: number;
  /** Whether one operator runs the ledger: else every organisation that cosigns does. */
  readonly isEmbedded: boolean;
  readonly timestampAuthorities: TrustFile['timestampAuthorities'];
  /** Roots of its SM2 seals, PEM; none where it makes none. */
  readonly sm2Roots?: readonly string[];
}

/** The trust file that this gateway's operator would hand to a notary, who compares it with what the other organisations say. */
export function trustOfGateway({ parts, network, organisations: trusted, threshold, isEmbedded, timestampAuthorities, sm2Roots = [] }: TrustParts): TrustFile {
  const cosigners = introducedKeys(parts, network, 'COSIGN');
  const organisations = Object.entries(trusted).map(([mspId, { roots, revocationList }]) => [mspId, { roots: [...roots], ...(revocationList === undefined ? {} : { revocationList }) }]);
  return {
    format: TRUST_FORMAT,
    network,
    log: { keys: introducedKeys(parts, network, 'LOG').map(encodeVerifierKey) },
    cosigners: { threshold: threshold ?? Math.floor(cosigners.length / 2) + 1, keys: cosigners.map(encodeVerifierKey) },
    organisations: Object.fromEntries(organisations) as TrustFile['organisations'],
    issuers: [{ participant: parts.self, mspId: parts.identityOf(parts.self)?.mspId ?? '' }],
    timestampAuthorities: [...timestampAuthorities],
    ...(sm2Roots.length === 0 ? {} : { sm2Roots: [...sm2Roots] }),
    operators: isEmbedded ? [parts.self] : cosigners.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)),
  };
}
