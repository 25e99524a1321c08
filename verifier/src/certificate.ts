import { bytesEqual, bytesToHex, fromBase64 } from '@kesu/chaincode/domain';
import { bitStringOf, childrenOf, DerReader, instantOfDer, oidOf, readDer, TAG, unsignedOf, type DerElement } from './der';
import { ensure, VerificationFailure, type FailureCode } from './failure';
import { algorithmOf, signatureVerifies } from './signature-algorithms';

/** What of an X.509 certificate (RFC 5280) is looked at. */
export interface Certificate {
  readonly der: Uint8Array;
  /** Lower-case hex without leading zero bytes. */
  readonly serial: string;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: string;
  readonly notAfter: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly isAuthority: boolean;
  /** Bits of keyUsage in their order; undefined when the extension is absent. */
  readonly keyUsage: readonly boolean[] | undefined;
  /** Extended usages; `critical` as the extension says. */
  readonly extendedUsage: { readonly critical: boolean; readonly oids: readonly string[] } | undefined;
  /** Attributes as fabric-ca writes them: `kesu.role`, `kesu.participant`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly signed: { readonly bytes: Uint8Array; readonly algorithm: string; readonly signature: Uint8Array };
}

const EXTENSIONS = { basicConstraints: '2.5.29.19', keyUsage: '2.5.29.15', extendedUsage: '2.5.29.37', attributes: '1.2.3.4.5.6.7.8.1' } as const;
/** digitalSignature and keyCertSign in keyUsage. */
export const KEY_USAGE = { digitalSignature: 0, contentCommitment: 1, certificateSigning: 5, listSigning: 6 } as const;

/** A certificate from DER. @throws VerificationFailure certificate-malformed, certificate-critical-extension. */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return parse(der);
  } catch (error) {
    if (error instanceof VerificationFailure && error.code === 'der-malformed') throw new VerificationFailure('certificate-malformed', error.detail);
    throw error;
  }
}

function parse(der: Uint8Array): Certificate {
  const outer = new DerReader(readDer(der));
  const tbs = outer.next(TAG.sequence);
  const algorithm = algorithmOf(outer.next(TAG.sequence));
  const signature = bitStringOf(outer.next(TAG.bitString));
  outer.end();
  const reader = new DerReader(tbs);
  const version = reader.next(TAG.contextConstructed);
  ensure(bytesToHex(version.content) === '020102', 'certificate-malformed', 'no version 3 certificate');
  const serial = bytesToHex(unsignedOf(reader.next(TAG.integer)));
  ensure(algorithmOf(reader.next(TAG.sequence)) === algorithm, 'certificate-malformed', 'two signature algorithms');
  const issuer = reader.next(TAG.sequence).whole;
  const validity = new DerReader(reader.next(TAG.sequence));
  const [notBefore, notAfter] = [instantOfDer(validity.any()), instantOfDer(validity.any())];
  const subject = reader.next(TAG.sequence).whole;
  const publicKey = reader.next(TAG.sequence).whole;
  const extensions = extensionsOf(reader.next(TAG.contextConstructed + 3));
  reader.end();
  return { der, serial, issuer, subject, notBefore, notAfter, publicKey, ...readExtensions(extensions), signed: { bytes: tbs.whole, algorithm, signature } };
}

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

function extensionsOf(element: DerElement): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  const [list] = childrenOf(element);
  if (list === undefined) throw new VerificationFailure('certificate-malformed', 'no extensions');
  for (const one of childrenOf(list)) {
    const reader = new DerReader(one);
    const oid = oidOf(reader.next(TAG.oid));
    const critical = reader.optional(TAG.boolean)?.content[0] === 0xff;
    ensure(!extensions.has(oid), 'certificate-malformed', `the extension ${oid} stands twice`);
    ensure(!critical || Object.values<string>(EXTENSIONS).includes(oid), 'certificate-critical-extension', `the critical extension ${oid} is not known`);
    extensions.set(oid, { critical, value: reader.next(TAG.octetString).content });
    reader.end();
  }
  return extensions;
}

function readExtensions(extensions: ReadonlyMap<string, Extension>): Pick<Certificate, 'isAuthority' | 'keyUsage' | 'extendedUsage' | 'attributes'> {
  const basic = extensions.get(EXTENSIONS.basicConstraints);
  const usage = extensions.get(EXTENSIONS.keyUsage);
  const extended = extensions.get(EXTENSIONS.extendedUsage);
  const attributes = extensions.get(EXTENSIONS.attributes);
  return {
    isAuthority: basic !== undefined && childrenOf(readDer(basic.value))[0]?.content[0] === 0xff,
    keyUsage: usage === undefined ? undefined : bitsOf(readDer(usage.value)),
    extendedUsage: extended === undefined ? undefined : { critical: extended.critical, oids: childrenOf(readDer(extended.value)).map(oidOf) },
    attributes: attributes === undefined ? {} : attributesOf(attributes.value),
  };
}

function bitsOf({ content }: DerElement): boolean[] {
  return [...content.subarray(1)].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte & (0x80 >> bit)) !== 0));
}

function attributesOf(value: Uint8Array): Record<string, string> {
  try {
    const parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value)) as { readonly attrs?: Readonly<Record<string, unknown>> };
    return Object.fromEntries(Object.entries(parsed.attrs ?? {}).flatMap(([name, one]) => (typeof one === 'string' ? [[name, one]] : [])));
  } catch {
    throw new VerificationFailure('certificate-malformed', 'the attributes can\u2019t be read');
  }
}

const UNIT_OID = '2.5.4.11';

/** The organisational units in a certificate's subject: Fabric's NodeOUs say by them what its holder may be. @throws VerificationFailure der-malformed. */
export function unitsOf({ subject }: Pick<Certificate, 'subject'>): string[] {
  const attributes = childrenOf(readDer(subject)).flatMap(childrenOf);
  return attributes.flatMap((attribute) => {
    const [oid, value] = childrenOf(attribute);
    return oid !== undefined && value !== undefined && oidOf(oid) === UNIT_OID ? [new TextDecoder().decode(value.content)] : [];
  });
}

const PEM = /^-----BEGIN (?:CERTIFICATE|X509 CRL)-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n-----END (?:CERTIFICATE|X509 CRL)-----\s*$/;

/** DER of a PEM text. @throws VerificationFailure with the code given. */
export function derOfPem(pem: string, code: FailureCode): Uint8Array {
  const bytes = fromBase64((PEM.exec(pem)?.[1] ?? '-').replaceAll(/[\r\n]/g, ''));
  if (bytes === undefined) throw new VerificationFailure(code, 'no PEM text');
  return bytes;
}

/** Codes for what is wrong with a chain: a timestamp\u2019s differ from the issuer\u2019s. */
export interface ChainCodes {
  readonly untrusted: FailureCode;
  readonly outOfTime: FailureCode;
}

/**
 * The chain from a certificate to one of the roots, each certificate in time at `at` and signed by the next.
 * @returns the certificates used, the leaf first and the root last.
 * @throws VerificationFailure untrusted or out of time, in the codes given.
 */
export function chainToRoot(leaf: Certificate, intermediates: readonly Certificate[], roots: readonly Certificate[], at: string, codes: ChainCodes): Certificate[] {
  const chain: Certificate[] = [leaf];
  for (;;) {
    const last = chain.at(-1) ?? leaf;
    ensure(last.notBefore <= at && at <= last.notAfter, codes.outOfTime, `a certificate counts from ${last.notBefore} to ${last.notAfter}, not at ${at}`);
    const root = roots.find((one) => isIssuedBy(last, one));
    if (root !== undefined) {
      ensure(root.notBefore <= at && at <= root.notAfter, codes.outOfTime, `the root counts from ${root.notBefore} to ${root.notAfter}, not at ${at}`);
      return [...chain, root];
    }
    const next = intermediates.find((one) => !chain.includes(one) && one.isAuthority && isIssuedBy(last, one));
    if (next === undefined) throw new VerificationFailure(codes.untrusted, 'the certificate leads to no root of the trust file');
    chain.push(next);
  }
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const { bytes, algorithm, signature } = certificate.signed;
  const maySign = issuer.isAuthority && issuer.keyUsage?.[KEY_USAGE.certificateSigning] !== false;
  return maySign && bytesEqual(certificate.issuer, issuer.subject) && signatureVerifies({ publicKey: issuer.publicKey, algorithm, message: bytes, signature });
}

/** What a revocation list says of a certificate (RFC 5280, 5.1.2). */
export interface ListedState {
  /** When the list was made (`thisUpdate`): of later revocations it says nothing. */
  readonly madeAt: string;
  /** Absent when the certificate doesn't stand in it. */
  readonly revokedAt?: string | undefined;
}

/** What a list that one of the roots signed says of a certificate. @throws VerificationFailure revocation-list-invalid. */
export function stateInList({ serial, issuer }: Certificate, list: Uint8Array, roots: readonly Certificate[]): ListedState {
  try {
    const outer = new DerReader(readDer(list));
    const tbs = outer.next(TAG.sequence);
    const algorithm = algorithmOf(outer.next(TAG.sequence));
    const signature = bitStringOf(outer.next(TAG.bitString));
    const root = roots.find((one) => signatureVerifies({ publicKey: one.publicKey, algorithm, message: tbs.whole, signature }));
    ensure(root !== undefined && bytesEqual(root.subject, issuer), 'revocation-list-invalid', 'the revocation list is not signed by the certificate\u2019s root');
    const { madeAt, entries } = readList(tbs);
    return { madeAt, revokedAt: entries.get(serial) };
  } catch (error) {
    if (error instanceof VerificationFailure && error.code === 'der-malformed') throw new VerificationFailure('revocation-list-invalid', error.detail);
    throw error;
  }
}

function readList(tbs: DerElement): { readonly madeAt: string; readonly entries: ReadonlyMap<string, string> } {
  const reader = new DerReader(tbs);
  reader.next(TAG.integer);
  reader.next(TAG.sequence);
  reader.next(TAG.sequence);
  const madeAt = instantOfDer(reader.any());
  if (reader.optional(TAG.utcTime) === undefined) reader.optional(TAG.generalizedTime);
  const list = reader.optional(TAG.sequence);
  const entries = new Map(
    (list === undefined ? [] : childrenOf(list)).map((entry) => {
      const one = new DerReader(entry);
      return [bytesToHex(unsignedOf(one.next(TAG.integer))), instantOfDer(one.any())] as const;
    }),
  );
  return { madeAt, entries };
}
