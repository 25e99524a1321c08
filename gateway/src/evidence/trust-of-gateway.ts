import { encodeVerifierKey } from '@kesu/chaincode/domain';
import type { EmbeddedLedger } from '@kesu/network';
import { TRUST_FORMAT, type TrustFile } from '@kesu/verifier';
import { introducedKeys } from '../evidence-log/log-parts';
import type { GatewayParts } from '../gateway-parts';

/** What a trust file is made of. */
export interface TrustParts {
  readonly parts: Pick<GatewayParts, 'readModel' | 'clock' | 'self' | 'identityOf'>;
  readonly ledger: Pick<EmbeddedLedger, 'network' | 'configuration'>;
  readonly threshold: number;
  readonly timestampAuthorities: TrustFile['timestampAuthorities'];
  /** Roots of its SM2 seals, PEM; none where it makes none. */
  readonly sm2Roots?: readonly string[];
}

/** The trust file that this gateway's operator would hand to a notary, who compares it with what the other organisations say. */
export function trustOfGateway({ parts, ledger, threshold, timestampAuthorities, sm2Roots = [] }: TrustParts): TrustFile {
  const { network, configuration } = ledger;
  const organisations = Object.entries(configuration.organisations).map(([mspId, { roots, revocationList }]) => [mspId, { roots: [...roots], ...(revocationList === undefined ? {} : { revocationList }) }]);
  return {
    format: TRUST_FORMAT,
    network,
    log: { keys: introducedKeys(parts, network, 'LOG').map(encodeVerifierKey) },
    cosigners: { threshold, keys: introducedKeys(parts, network, 'COSIGN').map(encodeVerifierKey) },
    organisations: Object.fromEntries(organisations) as TrustFile['organisations'],
    issuers: [{ participant: parts.self, mspId: parts.identityOf(parts.self)?.mspId ?? '' }],
    timestampAuthorities: [...timestampAuthorities],
    ...(sm2Roots.length === 0 ? {} : { sm2Roots: [...sm2Roots] }),
    operators: [parts.self],
  };
}
