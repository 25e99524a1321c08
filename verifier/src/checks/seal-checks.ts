import { chainToRoot, KEY_USAGE, stateInList, type Certificate } from '../certificate';
import { assertLowS, assertSigned, OID, parseSignedData, signingTimeOf, type SignedData } from '../cms';
import { partOf, SIGNATURE_PART, SM2_SEAL_PART } from '../container';
import { ensure, VerificationFailure } from '../failure';
import { contentDigest } from '../manifest';
import { SHA256_OID, SM3_OID } from '../signature-algorithms';
import { isOlderThanEvent, verifyTimestamp, type Timestamp } from '../timestamp';
import { holds, unknown, type Check, type CheckContext } from './check';
import { readCheckpoint } from './log-checks';

const ISSUER_CHAIN = { untrusted: 'certificate-untrusted', outOfTime: 'certificate-out-of-time' } as const;

/** The issuer\u2019s CMS signature, taken apart. */
function signatureOf({ parts }: CheckContext): SignedData {
  const data = parseSignedData(partOf(parts, SIGNATURE_PART));
  ensure(data.contentType === OID.data && data.content === undefined, 'cms-malformed', 'the signature lies apart from its content');
  ensure(data.certificates.length === 1, 'cms-certificate-superfluous', 'the signer\u2019s certificate alone lies in the signature');
  return data;
}

/** When the signature was made, as well as it is known: by a timestamp, else by the signer\u2019s word. */
function signedAt(context: CheckContext, data: SignedData): { readonly at: string; readonly stamp: Timestamp | undefined } {
  const stamp = data.timestampToken === undefined || context.trust.timestampAuthorities.length === 0 ? undefined : verifyTimestamp(data.timestampToken, data.signature, context.trust.timestampAuthorities);
  return { at: stamp?.at ?? signingTimeOf(data), stamp };
}

/** Timestamps over the issuer\u2019s signature and over the checkpoint. */
export const timestampCheck: Check = {
  name: 'timestamps',
  rule: 'RFC 3161; 人民法院在线诉讼规则 art. 17(4)',
  isRequired: true,
  run: (context) => {
    const { trust, bundle } = context;
    const data = signatureOf(context);
    if (trust.timestampAuthorities.length === 0) return unknown('the trust file names no timestamp authority');
    if (data.timestampToken === undefined) return unknown('the signature carries no timestamp');
    const { at, stamp } = signedAt(context, data);
    ensure(!context.facts.all.some(({ leaf }) => isOlderThanEvent(at, leaf.claimedTime)), 'timestamp-before-events', 'the timestamp is older than an event that the bundle shows');
    const checkpoint = bundle.checkpointToken === undefined ? undefined : verifyTimestamp(bundle.checkpointToken, new TextEncoder().encode(bundle.checkpoint), trust.timestampAuthorities);
    const words = ({ authority, at: time }: Timestamp): string => `${time} by ${authority.name}${authority.development ? ' (a development authority: it proves no time to others)' : ''}`;
    return holds([`signature ${stamp === undefined ? at : words(stamp)}`, ...(checkpoint === undefined ? [] : [`checkpoint ${words(checkpoint)}`])].join('; '), 'the timestamp authority\u2019s key');
  },
};

/** The issuer signed the manifest, with a certificate of its organisation. */
export const issuerCheck: Check = {
  name: 'issuer-signature',
  rule: 'ETSI EN 319 122-1 (CAdES); 电子签名法 art. 13',
  isRequired: true,
  run: (context) => {
    const { trust, bundle, manifest } = context;
    const data = signatureOf(context);
    ensure(data.digestAlgorithm === SHA256_OID, 'cms-algorithm-unknown', 'the issuer signs with SHA-256');
    assertSigned(data, manifest);
    assertLowS(data);
    const { participant, mspId } = bundle.description.issuer;
    const isIssuer = trust.file.issuers.some((one) => one.participant === participant && one.mspId === mspId);
    ensure(isIssuer && data.signer.attributes['kesu.participant'] === participant, 'issuer-mismatch', `the certificate is not one of an issuer in the trust file (${participant})`);
    assertUsage(data.signer);
    chainToRoot(data.signer, [], trust.organisations.get(mspId)?.roots ?? [], signedAt(context, data).at, ISSUER_CHAIN);
    return holds(`${participant}, certificate ${data.signer.serial}, signed ${signingTimeOf(data)}`, `the issuer\u2019s key; its certificate: ${mspId}\u2019s root in the trust file`);
  },
};

function assertUsage({ keyUsage, isAuthority }: Certificate): void {
  ensure(!isAuthority && (keyUsage?.[KEY_USAGE.digitalSignature] === true || keyUsage?.[KEY_USAGE.contentCommitment] === true), 'certificate-usage', 'the certificate is not for signatures');
}

/** Whether the issuer\u2019s certificate counted, as far as the trust file says. */
export const certificateStateCheck: Check = {
  name: 'certificate-state',
  rule: 'RFC 5280 section 5',
  isRequired: false,
  run: (context) => {
    const data = signatureOf(context);
    const { mspId } = context.bundle.description.issuer;
    const organisation = context.trust.organisations.get(mspId);
    if (organisation?.revocationList === undefined) return unknown(`the trust file holds no revocation list of ${mspId}`);
    const { madeAt, revokedAt } = stateInList(data.signer, organisation.revocationList, organisation.roots);
    const { at } = signedAt(context, data);
    const restsOn = `${mspId}\u2019s revocation list in the trust file`;
    ensure(revokedAt === undefined || at < revokedAt, 'certificate-revoked', `the issuer\u2019s certificate was revoked at ${revokedAt ?? ''}, before the signature at ${at}`);
    if (revokedAt !== undefined) return holds(`revoked at ${revokedAt}, after the signature`, restsOn);
    return madeAt < at ? unknown(`not revoked in the list of ${madeAt}, which is older than the signature: it says nothing of what was revoked between`, restsOn) : holds(`not revoked in the list of ${madeAt}`, restsOn);
  },
};

/** The SM2-with-SM3 seal, where there is one. */
export const sm2SealCheck: Check = {
  name: 'sm2-seal',
  rule: 'GM/T 0003, GM/T 0010 (not a certified 商用密码产品)',
  isRequired: false,
  run: ({ parts, manifest, trust }) => {
    const seal = parts.find(({ name }) => name === SM2_SEAL_PART);
    if (seal === undefined) return unknown('there is none');
    const data = asSeal(() => parseSignedData(seal.bytes, OID.sm2SignedData));
    ensure(data.contentType === OID.sm2Data && data.content === undefined && data.certificates.length === 1 && data.timestampToken === undefined && data.digestAlgorithm === SM3_OID, 'sm2-seal-malformed', 'no detached SM2-with-SM3 signature of one certificate');
    asSeal(() => assertSigned(data, manifest), 'sm2-seal-invalid');
    if (trust.sm2Roots.length === 0) return unknown('the seal is one of its certificate, which the trust file names no root for', 'a key that nobody vouches for');
    chainToRoot(data.signer, [], trust.sm2Roots, asSeal(() => signingTimeOf(data)), { untrusted: 'sm2-seal-untrusted', outOfTime: 'sm2-seal-untrusted' });
    return holds(`certificate ${data.signer.serial}`, 'the SM2 root in the trust file');
  },
};

function asSeal<T>(act: () => T, code: 'sm2-seal-malformed' | 'sm2-seal-invalid' = 'sm2-seal-malformed'): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof VerificationFailure) throw new VerificationFailure(code, error.detail);
    throw error;
  }
}

/** What a printed summary must name to be of this bundle: its words are not looked at. */
export const summaryCheck: Check = {
  name: 'summary',
  rule: 'docs/formats/evidence-bundle.md',
  isRequired: false,
  run: ({ parts }) => unknown(`a summary on paper is of this bundle when it names the content digest ${contentDigest(parts)}; its words are the issuer’s`, 'the issuer’s key'),
};

/** What a ledger of each kind itself proves, which a bundle doesn't show: its annex does. */
const NATIVE_PROOF = {
  EMBEDDED: 'an embedded ledger proves only what its one operator signed: its blocks are a separate annex',
  FABRIC: 'not in a bundle: a separate annex shows the blocks with the signatures of callers, endorsers and an orderer; which transactions counted, nobody signed: that rests on the cosigners',
} as const;

/** What the ledger itself proves. */
export const ledgerCheck: Check = {
  name: 'ledger-native-proof',
  rule: '人民法院在线诉讼规则 art. 17(1)–(2)',
  isRequired: false,
  run: ({ bundle, trust }) => {
    readCheckpoint(bundle.checkpoint, trust.file.network);
    const parties = trust.file.operators.filter((one) => bundle.description.parties.includes(one));
    const party = parties.length === 0 ? 'no operator of the ledger is a party' : `operators that are parties: ${parties.join(', ')}`;
    return unknown(`${NATIVE_PROOF[bundle.description.ledger]}; ${party}`, trust.file.operators.join(', '));
  },
};
