import { encodeVerifierKey, type OrganisationTrust } from '@kesu/chaincode/domain';
import type { ConnectionProfile } from '@kesu/network/fabric';
import { TRUST_FORMAT, type TrustFile } from '@kesu/verifier';
import { introducedKeys } from '../evidence-log/log-parts';
import type { GatewayParts } from '../gateway-parts';

/** What of a Fabric network's profile a notary must know. */
export type FabricPlace = Pick<ConnectionProfile, 'channel' | 'chaincode' | 'ordering' | 'endorsement' | 'organisations'>;

/** What a trust file is made of. */
export interface TrustParts {
  readonly parts: Pick<GatewayParts, 'readModel' | 'clock' | 'self' | 'identityOf'>;
  readonly network: string;
  /** By MSP id. */
  readonly organisations: Readonly<Record<string, OrganisationTrust>>;
  /** How many cosigners must have signed; more than half of them unless given. */
  readonly threshold?: number;
  /** Of a ledger on Fabric; without it one operator runs the ledger, else every organisation that cosigns does. */
  readonly fabric?: FabricPlace;
  readonly timestampAuthorities: TrustFile['timestampAuthorities'];
  /** Roots of its SM2 seals, PEM; none where it makes none. */
  readonly sm2Roots?: readonly string[];
}

/** The trust file that this gateway's operator would hand to a notary, who compares it with what the other organisations say. */
export function trustOfGateway({ parts, network, organisations: trusted, threshold, fabric, timestampAuthorities, sm2Roots = [] }: TrustParts): TrustFile {
  const cosigners = introducedKeys(parts, network, 'COSIGN');
  // Of an organisation whose authority can't be asked from here the profile names the roots.
  const named = Object.fromEntries((fabric?.organisations ?? []).map(({ mspId, roots }) => [mspId, { roots }]));
  const organisations = Object.entries<OrganisationTrust>({ ...named, ...trusted }).map(([mspId, { roots, revocationList }]) => [mspId, { roots: [...roots], ...(revocationList === undefined ? {} : { revocationList }) }]);
  return {
    format: TRUST_FORMAT,
    network,
    log: { keys: introducedKeys(parts, network, 'LOG').map(encodeVerifierKey) },
    cosigners: { threshold: threshold ?? Math.floor(cosigners.length / 2) + 1, keys: cosigners.map(encodeVerifierKey) },
    organisations: Object.fromEntries(organisations) as TrustFile['organisations'],
    ...(fabric === undefined ? {} : { fabric: fabricTrustOf(fabric) }),
    issuers: [{ participant: parts.self, mspId: parts.identityOf(parts.self)?.mspId ?? '' }],
    timestampAuthorities: [...timestampAuthorities],
    ...(sm2Roots.length === 0 ? {} : { sm2Roots: [...sm2Roots] }),
    operators: fabric === undefined ? [parts.self] : cosigners.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)),
  };
}

function fabricTrustOf({ channel, chaincode, ordering: { mspId, roots }, endorsement }: FabricPlace): NonNullable<TrustFile['fabric']> {
  return { channel, chaincode, orderers: { [mspId]: { roots } }, endorsement };
}
