import { createHash, X509Certificate } from 'node:crypto';
import { element, explicit, integer, octetString, oid, sequence, setOf, time } from './der-writer';

/** Object identifiers that signatures of evidence are made with. */
const OIDS = {
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
} as const;

/** One family of algorithms: how content is hashed and how attributes are signed. */
export interface SignatureSuite {
  readonly signedDataType: string;
  readonly digestOid: string;
  readonly signatureOid: string;
  /** The digest of bytes. */
  digest(bytes: Uint8Array): Uint8Array;
}

/** ECDSA with SHA-256: CAdES and RFC 3161. For SM2 see `sm2-suite.ts`. */
export const SHA256_SUITE: SignatureSuite = {
  signedDataType: OIDS.signedData,
  digestOid: '2.16.840.1.101.3.4.2.1',
  signatureOid: '1.2.840.10045.4.3.2',
  digest: (bytes) => createHash('sha256').update(bytes).digest(),
};

/** A key with its certificate: signs in DER, with low S where its algorithm knows one. */
export interface CertifiedSigner {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
}

/** What is signed. */
export interface SignedDataOptions {
  readonly suite: SignatureSuite;
  readonly signer: CertifiedSigner;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Whether the content lies inside the signature. */
  readonly encapsulated: boolean;
  /** Further signed attributes, DER. */
  readonly attributes: readonly Uint8Array[];
  /** Issuer (DER) and serial of the signer's certificate; read from it unless given. */
  readonly issuerAndSerial?: Uint8Array;
}

/** A SignedData that can still get a timestamp. */
export interface MadeSignature {
  readonly signature: Uint8Array;
  /** The CMS structure, with a timestamp token of the signature where one is given. */
  encode(timestampToken?: Uint8Array): Uint8Array;
}

/** An attribute of one value. */
export function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(oid(type), setOf([value]));
}

/** The attribute of when it is signed. @param epochMillis milliseconds since 1970. */
export function signingTime(epochMillis: number): Buffer {
  return attribute(OIDS.signingTime, time(epochMillis));
}

/** Makes a CMS SignedData (RFC 5652): DER, signed attributes sorted before they are signed, ESS signing-certificate-v2. */
export async function makeSignedData(options: SignedDataOptions): Promise<MadeSignature> {
  const { suite, signer, contentType, content, encapsulated } = options;
  const digest = sequence(oid(suite.digestOid));
  // RFC 5035: the hash is SHA-256 where no algorithm is named.
  const named = suite === SHA256_SUITE ? sequence(octetString(suite.digest(signer.certificate))) : sequence(digest, octetString(suite.digest(signer.certificate)));
  const attributes = setOf([attribute(OIDS.contentType, oid(contentType)), attribute(OIDS.messageDigest, octetString(suite.digest(content))), attribute(OIDS.signingCertificateV2, sequence(sequence(named))), ...options.attributes]);
  const signature = await signer.sign(attributes);
  const issuerAndSerial = options.issuerAndSerial ?? issuerAndSerialOf(signer.certificate);
  const encode = (token?: Uint8Array): Uint8Array => {
    const unsigned = token === undefined ? [] : [explicit(1, attribute(OIDS.timestampToken, token))];
    const signerInfo = sequence(integer(1), issuerAndSerial, digest, Buffer.concat([Buffer.of(0xa0), attributes.subarray(1)]), sequence(oid(suite.signatureOid)), octetString(signature), ...unsigned);
    const encapsulation = sequence(oid(contentType), ...(encapsulated ? [explicit(0, octetString(content))] : []));
    const version = integer(encapsulated ? 3 : 1);
    return sequence(oid(suite.signedDataType), explicit(0, sequence(version, setOf([digest]), encapsulation, element(0xa0, signer.certificate), setOf([signerInfo]))));
  };
  return { signature, encode };
}

/** IssuerAndSerialNumber of a certificate, taken from its bytes: TBSCertificate holds version, serial, algorithm, issuer in this order. */
function issuerAndSerialOf(certificate: Uint8Array): Uint8Array {
  const tbs = contentOf(contentOf(certificate));
  const [, serial, , issuer] = elementsOf(tbs);
  if (serial === undefined || issuer === undefined) throw new TypeError('no certificate');
  return sequence(issuer, serial);
}

/** What is inside an element. */
export function contentOf(bytes: Uint8Array): Uint8Array {
  const { start, end } = boundsAt(bytes, 0);
  return bytes.subarray(start, end);
}

/** The elements that bytes consist of. Lengths are not checked: what is read so is read again by the verifier. */
export function elementsOf(content: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (let at = 0; at < content.length; ) {
    const { end } = boundsAt(content, at);
    elements.push(content.subarray(at, end));
    at = end;
  }
  return elements;
}

function boundsAt(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0;
  const digits = first < 0x80 ? 0 : first & 0x7f;
  const length = digits === 0 ? first : bytes.subarray(at + 2, at + 2 + digits).reduce((sum, byte) => sum * 256 + byte, 0);
  const start = at + 2 + digits;
  return { start, end: start + length };
}

/** A certificate's DER from PEM. */
export function certificateDer(pem: string): Uint8Array {
  return new X509Certificate(pem).raw;
}
