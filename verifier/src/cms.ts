import { bytesEqual, bytesToHex, concatBytes } from '@kesu/chaincode/domain';
import { parseCertificate, type Certificate } from './certificate';
import { childrenOf, DerReader, instantOfDer, isSorted, oidOf, readDer, smallIntegerOf, TAG, unsignedOf, type DerElement } from './der';
import { ensure, VerificationFailure } from './failure';
import { MAX_CERTIFICATES } from './limits';
import { algorithmOf, digestBy, isLowS, SHA256_OID, signatureVerifies } from './signature-algorithms';

/** Object identifiers of CMS (RFC 5652), ESS (RFC 5035) and RFC 3161. */
export const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  timestampingUsage: '1.3.6.1.5.5.7.3.8',
  /** GM/T 0010: SignedData and data of SM2 signatures. */
  sm2SignedData: '1.2.156.10197.6.1.4.2.2',
  sm2Data: '1.2.156.10197.6.1.4.2.1',
} as const;

/** A SignedData of one signer, taken apart; nothing is verified yet but its form. */
export interface SignedData {
  readonly contentType: string;
  /** Absent when the content lies elsewhere. */
  readonly content: Uint8Array | undefined;
  readonly certificates: readonly Certificate[];
  readonly signer: Certificate;
  readonly digestAlgorithm: string;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  /** Values of signed attributes by identifier. */
  readonly attributes: ReadonlyMap<string, readonly DerElement[]>;
  /** The bytes that the signature is over: the attributes as a SET. */
  readonly signedBytes: Uint8Array;
  /** The timestamp token of the signature, where it carries one. */
  readonly timestampToken: Uint8Array | undefined;
}

/**
 * Takes a CMS SignedData apart: DER, one signer by issuer and serial, attributes sorted and each once, no revocation lists, no unsigned attribute
 * but one timestamp token.
 * @throws VerificationFailure der-malformed, cms-*, certificate-malformed.
 */
export function parseSignedData(der: Uint8Array, outerType: string = OID.signedData): SignedData {
  const outer = new DerReader(readDer(der));
  ensure(oidOf(outer.next(TAG.oid)) === outerType, 'cms-malformed', 'no SignedData');
  const [inner] = childrenOf(outer.next(TAG.contextConstructed));
  outer.end();
  if (inner === undefined) throw new VerificationFailure('cms-malformed', 'an empty SignedData');
  const reader = new DerReader(inner);
  const version = smallIntegerOf(reader.next(TAG.integer));
  const digestAlgorithms = childrenOf(reader.next(TAG.set)).map(algorithmOf);
  const { contentType, content } = encapsulated(reader.next(TAG.sequence));
  const listed = reader.optional(TAG.contextConstructed);
  const signers = childrenOf(reader.next(TAG.set));
  reader.end();
  const [signerInfo] = signers;
  ensure(signerInfo !== undefined && signers.length === 1, 'cms-malformed', 'one signer signs');
  ensure(version === (contentType === OID.timestampInfo ? 3 : 1), 'cms-malformed', `version ${version}`);
  const certificates = (listed === undefined ? [] : childrenOf(listed)).map(({ whole }) => parseCertificate(whole));
  ensure(certificates.length > 0 && certificates.length <= MAX_CERTIFICATES, 'cms-certificate-missing', `1 to ${MAX_CERTIFICATES} certificates lie in a signature`);
  const parsed = parseSigner(signerInfo, certificates);
  ensure(digestAlgorithms.length === 1 && digestAlgorithms[0] === parsed.digestAlgorithm, 'cms-malformed', 'the digest algorithms differ');
  return { contentType, content, certificates, ...parsed };
}

function encapsulated(element: DerElement): { readonly contentType: string; readonly content: Uint8Array | undefined } {
  const reader = new DerReader(element);
  const contentType = oidOf(reader.next(TAG.oid));
  const wrapped = reader.optional(TAG.contextConstructed);
  reader.end();
  if (wrapped === undefined) return { contentType, content: undefined };
  const children = childrenOf(wrapped);
  ensure(children.length === 1 && children[0]?.tag === TAG.octetString, 'cms-malformed', 'the content is one octet string');
  return { contentType, content: children[0].content };
}

type ParsedSigner = Omit<SignedData, 'contentType' | 'content' | 'certificates'>;

function parseSigner(element: DerElement, certificates: readonly Certificate[]): ParsedSigner {
  const reader = new DerReader(element);
  ensure(smallIntegerOf(reader.next(TAG.integer)) === 1, 'cms-malformed', 'the signer is named by issuer and serial');
  const signer = namedCertificate(reader.next(TAG.sequence), certificates);
  const digestAlgorithm = algorithmOf(reader.next(TAG.sequence));
  const attributesElement = reader.next(TAG.contextConstructed);
  const signatureAlgorithm = algorithmOf(reader.next(TAG.sequence));
  const signature = reader.next(TAG.octetString).content;
  const unsigned = reader.optional(TAG.contextConstructed + 1);
  reader.end();
  return {
    signer,
    digestAlgorithm,
    signatureAlgorithm,
    signature,
    attributes: attributesOf(attributesElement),
    signedBytes: concatBytes(Uint8Array.of(TAG.set), attributesElement.whole.subarray(1)),
    timestampToken: unsigned === undefined ? undefined : tokenIn(unsigned),
  };
}

function namedCertificate(element: DerElement, certificates: readonly Certificate[]): Certificate {
  const reader = new DerReader(element);
  const issuer = reader.next(TAG.sequence).whole;
  const serial = bytesToHex(unsignedOf(reader.next(TAG.integer)));
  reader.end();
  const found = certificates.find((one) => one.serial === serial && bytesEqual(one.issuer, issuer));
  if (found === undefined) throw new VerificationFailure('cms-certificate-missing', 'the signer\u2019s certificate is not there');
  return found;
}

function attributesOf(element: DerElement): Map<string, readonly DerElement[]> {
  const list = childrenOf(element);
  ensure(isSorted(list), 'cms-attributes-unsorted', 'signed attributes stand in the order of their bytes, each once');
  const attributes = new Map<string, readonly DerElement[]>();
  for (const one of list) {
    const reader = new DerReader(one);
    const oid = oidOf(reader.next(TAG.oid));
    const values = childrenOf(reader.next(TAG.set));
    reader.end();
    ensure(!attributes.has(oid) && values.length === 1, 'cms-malformed', `the attribute ${oid} stands once, with one value`);
    attributes.set(oid, values);
  }
  return attributes;
}

/** The only unsigned attribute that may be there. */
function tokenIn(element: DerElement): Uint8Array {
  const attributes = attributesOf(element);
  const token = attributes.get(OID.timestampToken)?.[0];
  ensure(token !== undefined && attributes.size === 1, 'cms-malformed', 'an unsigned attribute other than one timestamp');
  return token.whole;
}

/** The one value of a signed attribute. @throws VerificationFailure cms-malformed. */
export function attributeOf({ attributes }: SignedData, oid: string): DerElement {
  const value = attributes.get(oid)?.[0];
  if (value === undefined) throw new VerificationFailure('cms-malformed', `the signed attribute ${oid} is missing`);
  return value;
}

/**
 * Verifies that the signer signed the content: content type, message digest, the signer's certificate as the attributes name it (ESS), and the
 * signature. Which certificate counts is the caller's to say.
 * @throws VerificationFailure cms-*.
 */
export function assertSigned(data: SignedData, content: Uint8Array): void {
  const { signer, digestAlgorithm, signatureAlgorithm, signature, signedBytes } = data;
  ensure(oidOf(attributeOf(data, OID.contentType)) === data.contentType, 'cms-malformed', 'the content type differs from the signed one');
  const digest = attributeOf(data, OID.messageDigest);
  ensure(digest.tag === TAG.octetString && bytesEqual(digest.content, digestBy(digestAlgorithm, content)), 'cms-content-mismatch', 'the signature is over another content');
  assertSigningCertificate(data);
  const check = { publicKey: signer.publicKey, algorithm: signatureAlgorithm, digest: digestAlgorithm, message: signedBytes, signature };
  ensure(signatureVerifies(check), 'cms-signature-invalid', 'the signature is not one of the certificate\u2019s key');
}

/**
 * Refuses the twin of an issuer\u2019s signature. A timestamp token is not asked: other people\u2019s authorities sign with whichever S comes out, and nobody
 * but them can write it otherwise.
 * @throws VerificationFailure cms-signature-not-low-s.
 */
export function assertLowS({ signer, signatureAlgorithm, signature }: SignedData): void {
  ensure(isLowS({ publicKey: signer.publicKey, algorithm: signatureAlgorithm, signature }), 'cms-signature-not-low-s', 's is above n/2: the signature has a twin');
}

/** ESS signing-certificate-v2 (RFC 5035): SHA-256 unless it says otherwise. Authorities of old name theirs by SHA-1, which is not taken. */
function assertSigningCertificate(data: SignedData): void {
  const [list] = childrenOf(attributeOf(data, OID.signingCertificateV2));
  const [first] = list === undefined ? [] : childrenOf(list);
  if (first === undefined) throw new VerificationFailure('cms-malformed', 'the signing certificate is not named');
  const reader = new DerReader(first);
  const algorithm = reader.optional(TAG.sequence);
  const hash = reader.next(TAG.octetString).content;
  const named = digestBy(algorithm === undefined ? SHA256_OID : algorithmOf(algorithm), data.signer.der);
  ensure(bytesEqual(hash, named), 'cms-signing-certificate-mismatch', 'the certificate is not the one that was signed with');
}

/** When the signer says that it signed. */
export function signingTimeOf(data: SignedData): string {
  return instantOfDer(attributeOf(data, OID.signingTime));
}
