import { createHash } from 'node:crypto';
import { derOfPem, parseCertificate, verifyTimestamp, type TrustFile } from '@kesu/verifier';
import { systemClock } from '../clock';
import type { Configuration } from '../config';
import type { LogParts } from '../evidence-log';
import type { GatewayParts } from '../gateway-parts';
import type { Stores } from '../stores';
import { CaseAnnexes } from './case-annexes';
import { CaseBundles, type SealedBundle } from './case-bundles';
import { DevelopmentTimestampAuthority } from './timestamp-authority';
import { TimestampError, type StampTime } from './timestamp-client';
import { encodeTimestampRequest, nonceOf, tokenOfReply } from './timestamp-request';
import { trustOfGateway } from './trust-of-gateway';

/** What sealed evidence of a running gateway is made of. */
export interface EvidenceParts {
  readonly configuration: Pick<Configuration, 'ledger' | 'origin' | 'demonstration'>;
  readonly parts: GatewayParts;
  readonly stores: Pick<Stores, 'journal' | 'identities' | 'ledger'>;
  readonly evidenceLog: LogParts;
}

/** A running gateway's sealed evidence. */
export interface OpenEvidence {
  /** Absent where nothing can be sealed: another gateway publishes the log, or no timestamp authority is known. */
  readonly bundles: CaseBundles | undefined;
  /** Absent where there are no bundles, or the ledger's blocks have no text to give out (on Fabric). */
  readonly annexes: CaseAnnexes | undefined;
  /** What this gateway's operator says that a notary may trust. */
  trust(): Promise<TrustFile>;
  /** The newest bundle of a case, as a hand-over names it. */
  newestOf(caseId: string): Promise<Pick<SealedBundle, 'id' | 'digest' | 'contentDigest'> | undefined>;
}

const DEVELOPMENT_NAME = 'development timestamp authority of the demonstration';

/** Opens the sealing of evidence. The demonstration stamps with its own development authority, which says so in its name. */
export async function openEvidence({ configuration, parts, stores, evidenceLog: { log, publisher } }: EvidenceParts): Promise<OpenEvidence> {
  const isDemonstration = configuration.demonstration.enabled;
  const isEmbedded = configuration.ledger === 'embedded';
  const authority = isDemonstration ? await DevelopmentTimestampAuthority.open(stores.journal, systemClock) : undefined;
  const timestampAuthorities = authority === undefined ? [] : [{ name: DEVELOPMENT_NAME, development: true, roots: [authority.root] }];
  const addressOf = (caseId: string, bundleId: string): string => `${configuration.origin}/v1/evidence-cases/${caseId}/bundles/${bundleId}`;
  const bundles =
    publisher === undefined || authority === undefined
      ? undefined
      : new CaseBundles({ ...parts, evidenceLog: log, checkpoint: () => publisher.publish(), stampTime: ownStamp(authority, parts), ledgerKind: isEmbedded ? 'EMBEDDED' : 'FABRIC', demonstration: isDemonstration, addressOf });
  const { ledger, journal: store } = stores;
  return {
    bundles,
    annexes: bundles === undefined || ledger.blockText === undefined ? undefined : new CaseAnnexes({ network: ledger.network, ledger, bundles, store, clock: parts.clock }),
    trust: async () => trustOfGateway({ parts, network: stores.ledger.network, organisations: await stores.identities.organisations(), isEmbedded, timestampAuthorities }),
    newestOf: async (caseId) => {
      const [newest] = (await bundles?.list(caseId)) ?? [];
      return newest === undefined ? undefined : { id: newest.id, digest: newest.digest, contentDigest: newest.contentDigest };
    },
  };
}

/** Timestamps by an authority in this process, verified like those of any other. */
function ownStamp(authority: DevelopmentTimestampAuthority, { random }: Pick<GatewayParts, 'random'>): StampTime {
  const trusted = { name: DEVELOPMENT_NAME, development: true, roots: [parseCertificate(derOfPem(authority.root, 'trust-malformed'))] };
  return async (bytes) => {
    const hash = createHash('sha256').update(bytes).digest();
    const token = tokenOfReply(await authority.answer(encodeTimestampRequest({ hash, nonce: nonceOf(random) })));
    if (token === undefined) throw new TimestampError('the development timestamp authority gave no token');
    verifyTimestamp(token, bytes, [trusted]);
    return token;
  };
}
