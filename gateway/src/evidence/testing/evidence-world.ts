import { randomBytes } from 'node:crypto';
import { encodeVerifierKey, saltedDigest, toBase64url, grantIdOf, type Grant, type LetterIdentity, type Release } from '@kesu/chaincode/domain';
import { derOfPem, parseCertificate, readTrust, TRUST_FORMAT, type Part, type Trust, type TrustFile } from '@kesu/verifier';
import { introducedKeys, type LogParts } from '../../evidence-log/log-parts';
import { LogWorld } from '../../evidence-log/testing/log-world';
import { CAST } from '../../testing/test-cast';
import { rememberIdentity } from '../../use-cases/grants';
import { sealLoan, type SealParts } from '../seal-evidence';
import { developmentSm2Seal } from '../sm2-seal';
import { DevelopmentTimestampAuthority } from '../timestamp-authority';
import { overHttp, timestampClient } from '../timestamp-client';

/** Who the world's letters are by. */
export const IDENTITY: LetterIdentity = { name: '示范有限公司', creditCode: '91619900MA6TEQTX0L', signatories: [{ name: '张示范', capacity: 'LEGAL_REPRESENTATIVE' }] };
const SALT = new Uint8Array(32).fill(7);

/** A loan with a grant, a release, an outcome, an acknowledgement, a revocation and a denial on a real ledger; its log, a real timestamp authority over HTTP. */
export class EvidenceWorld {
  private constructor(
    readonly logs: LogWorld,
    readonly log: LogParts,
    readonly authority: DevelopmentTimestampAuthority,
    private readonly served: { readonly url: string; stop(): Promise<void> },
    readonly grant: Grant,
    readonly release: Release,
    readonly sealParts: SealParts,
    /** A checkpoint from before the last event. */
    readonly olderCheckpoint: string,
  ) {}

  static async open(): Promise<EvidenceWorld> {
    const logs = await LogWorld.open();
    const { world, releases } = logs;
    const letter = await world.letter({ identityDigest: saltedDigest(SALT, IDENTITY) } as never);
    const { grant } = await world.giveGrant(letter as never);
    await rememberIdentity(releases.parts.store, [grantIdOf(letter)], { identity: IDENTITY, identitySalt: toBase64url(SALT) });
    const release = await world.recordRelease({ grant });
    await world.reportOutcome(release.id);
    await world.acknowledge(release);
    world.pass(60_000);
    await world.revoke(grant.id);
    const log = await logs.openLog();
    const { publisher } = log;
    if (publisher === undefined) throw new Error('the log is published');
    const { text: olderCheckpoint } = await publisher.publish();
    await world.recordRelease({ grant, payload: false });
    world.pass(60_000);
    await releases.projection.caughtUp();
    await log.log.caughtUp();
    const authority = await DevelopmentTimestampAuthority.open(releases.parts.store, world.clock);
    const served = await authority.serve();
    const stampTime = timestampClient([{ name: 'development', development: true, roots: [parseCertificate(derOfPem(authority.root, 'trust-malformed'))], ask: overHttp(served.url) }], { random: (bytes) => randomBytes(bytes) });
    const sealParts: SealParts = { ...releases.parts, evidenceLog: log.log, checkpoint: () => publisher.publish(), stampTime, ledgerKind: 'EMBEDDED', demonstration: true, sm2Seal: await developmentSm2Seal(releases.parts.store, world.clock) };
    return new EvidenceWorld(logs, log, authority, served, grant, release, sealParts, olderCheckpoint);
  }

  /** Seals the loan. */
  seal(): Promise<readonly Part[]> {
    return sealLoan(this.sealParts, { id: '1'.repeat(32), enterprise: this.grant.enterprise, loanRef: this.grant.loanRef ?? '' });
  }

  /** What a notary trusts of this world. */
  trustFile(changes: Partial<TrustFile> = {}): TrustFile {
    const { world, releases } = this.logs;
    const { network, configuration } = world.ledger;
    return {
      format: TRUST_FORMAT,
      network,
      log: { keys: introducedKeys(releases.parts, network, 'LOG').map(encodeVerifierKey) },
      cosigners: { threshold: 2, keys: introducedKeys(releases.parts, network, 'COSIGN').map(encodeVerifierKey) },
      organisations: Object.fromEntries(Object.entries(configuration.organisations).map(([mspId, { roots }]) => [mspId, { roots: [...roots] }])),
      issuers: [{ participant: CAST.node, mspId: 'NodeMSP' }],
      timestampAuthorities: [{ name: 'development', development: true, roots: [this.authority.root] }],
      sm2Roots: [this.sealParts.sm2Seal?.root ?? ''],
      operators: [CAST.node],
      ...changes,
    };
  }

  trust(changes: Partial<TrustFile> = {}): Trust {
    return readTrust(JSON.stringify(this.trustFile(changes)));
  }

  async dispose(): Promise<void> {
    await this.served.stop();
    await this.logs.dispose();
  }
}
