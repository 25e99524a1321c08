import type { DevelopmentAuthority } from '@kesu/certs';
import { DAY_MILLIS, HOUR_MILLIS, P256, toBigint, toBytes32, utf8ToBytes } from '@kesu/chaincode/domain';
import { MANIFEST_PART, SIGNATURE_PART, SM2_SEAL_PART, type FailureCode, type TrustFile } from '@kesu/verifier';
import { CAST, START } from '../../testing/test-cast';
import { booleanTrue, generalizedTime, integer, octetString, oid, sequence, setOf } from '../der-writer';
import { bundleOf } from '../seal-evidence';
import { makeSignedData, SHA256_SUITE, signingTime, type CertifiedSigner } from '../signed-data';
import { developmentSm2Seal, makeSm2Seal } from '../sm2-seal';
import { createSm2Key, signSm2, type Sm2Key } from '../sm2-suite';
import { messageImprint } from '../timestamp-request';
import { without } from './bundle-editor';
import { editDer, encodeDer, nodeAt, parseDer } from './der-edit';
import type { MutationBench } from './mutation-bench';

/** A bundle with another signature, timestamp or seal, and what changed in the trust file so that nothing else is wrong. */
export interface SignedMutant {
  readonly file: Uint8Array;
  readonly trust?: Partial<TrustFile>;
}

/** By name, refused for this alone, and the mutant. */
export type SignatureMutation = readonly [name: string, code: FailureCode, mutate: (bench: MutationBench) => SignedMutant | Promise<SignedMutant>];

/** Where things stand in a SignedData: ContentInfo 1 is [0], which holds the structure. */
const AT = { version: [1, 0, 0], digests: [1, 0, 1], certificates: [1, 0, 3], signer: [1, 0, 4, 0] } as const;
const SIGNER = { name: 1, digest: 2, attributes: 3, unsigned: 6 } as const;
const SHA1 = oid('1.3.14.3.2.26');
const SUBJECT_KEY_IDENTIFIER = oid('2.5.29.14');
const KEY_USAGE = oid('2.5.29.15');
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const YEAR_MILLIS = 365 * DAY_MILLIS;

const cades = (bench: MutationBench): Buffer => bench.editor.bytes(SIGNATURE_PART);
const edited = (bench: MutationBench, path: readonly number[], edit: Parameters<typeof editDer>[2]): SignedMutant => ({ file: bench.withSignature(editDer(cades(bench), path, edit)) });

/** The same signature with the higher of its two S values, DER. */
export function highS(der: Uint8Array): Buffer {
  return editDer(der, [1], (s) => {
    const value = toBigint(s.content);
    const high = value > P256.n / 2n ? value : P256.n - value;
    s.content = integer(toBytes32(high)).subarray(2);
  });
}

/** A signature whose r has a byte more than the curve's order. */
function longR(der: Uint8Array): Buffer {
  return editDer(der, [0], (r) => void (r.content = Buffer.concat([Buffer.of(1), r.content.subarray(-32)])));
}

/** The issuer's certificate with an extension changed; its own signature counts no more. */
function editedExtension(certificate: Uint8Array, extension: Buffer, edit: (node: ReturnType<typeof parseDer>) => void): Buffer {
  return editDer(certificate, [0, -1, 0], (list) => {
    const found = list.children.find((one) => nodeAt(one, 0).content.equals(extension.subarray(2)));
    if (found === undefined) throw new TypeError('no such extension');
    edit(found);
  });
}

const nodeSigner = (bench: MutationBench): CertifiedSigner => bench.signerOf(CAST.node);
const forged = async (bench: MutationBench, signer: CertifiedSigner, trust: Partial<TrustFile> = {}): Promise<SignedMutant> => ({ file: bench.withSignature(await bench.forged({ signer })), trust });
const trusting = (bench: MutationBench, root: string, revocationList?: string): Partial<TrustFile> => ({ organisations: { ...bench.made.trustFile().organisations, NodeMSP: { roots: [root], ...(revocationList === undefined ? {} : { revocationList }) } } });

/** CAdES signatures that are none of the issuer's. */
export const CADES_MUTATIONS: readonly SignatureMutation[] = [
  ['cut by a byte', 'der-malformed', (bench) => ({ file: bench.withSignature(cades(bench).subarray(0, -1)) })],
  ['with a byte behind it', 'der-malformed', (bench) => ({ file: bench.withSignature(Buffer.concat([cades(bench), Buffer.of(0)])) })],
  ['that is missing', 'container-part-missing', (bench) => ({ file: bundleOf(without(SIGNATURE_PART)([...bench.good])) })],
  ['of another version', 'cms-malformed', (bench) => edited(bench, AT.version, (node) => void (node.content = Buffer.of(2)))],
  ['with its content inside', 'cms-malformed', async (bench) => ({ file: bench.withSignature(await bench.forged({ encapsulated: true })) })],
  ['with a second unsigned attribute', 'cms-malformed', (bench) => edited(bench, [...AT.signer, SIGNER.unsigned], (node) => void node.children.unshift(parseDer(sequence(oid('1.2.840.113549.1.9.16.2.99'), setOf([integer(1)])))))],
  ['with attributes in another order', 'cms-attributes-unsorted', (bench) => edited(bench, [...AT.signer, SIGNER.attributes], (node) => void node.children.reverse())],
  ['with an attribute twice', 'cms-attributes-unsorted', (bench) => edited(bench, [...AT.signer, SIGNER.attributes], (node) => void node.children.splice(0, 0, node.children[0] ?? node))],
  [
    'by SHA-1',
    'cms-algorithm-unknown',
    (bench) => {
      const inSigner = editDer(cades(bench), [...AT.signer, SIGNER.digest, 0], (node) => void (node.content = SHA1.subarray(2)));
      return { file: bench.withSignature(editDer(inSigner, [...AT.digests, 0, 0], (node) => void (node.content = SHA1.subarray(2)))) };
    },
  ],
  ['without a certificate', 'cms-certificate-missing', (bench) => edited(bench, AT.certificates, (node) => void (node.children = []))],
  ['that names another certificate', 'cms-certificate-missing', (bench) => edited(bench, [...AT.signer, SIGNER.name, 1], (node) => void (node.content = Buffer.of(1)))],
  ['with a certificate too many', 'cms-certificate-superfluous', (bench) => edited(bench, AT.certificates, (node) => void node.children.push(parseDer(bench.signerOf(CAST.bank).certificate)))],
  [
    'over another certificate than it carries',
    'cms-signing-certificate-mismatch',
    async (bench) => {
      const own = parseDer(nodeSigner(bench).certificate);
      const named = nodeAt(parseDer(cades(bench)), ...AT.signer, SIGNER.name);
      const signed = await bench.forged({ signer: { ...nodeSigner(bench), certificate: bench.signerOf(CAST.bank).certificate }, issuerAndSerial: encodeDer(named) });
      return { file: bench.withSignature(editDer(signed, AT.certificates, (node) => void (node.children = [own]))) };
    },
  ],
  ['over another manifest', 'cms-content-mismatch', async (bench) => ({ file: bench.withSignature(await bench.forged({ content: utf8ToBytes('another') })) })],
  ['by another key than its certificate\u2019s', 'cms-signature-invalid', (bench) => forged(bench, { ...nodeSigner(bench), sign: bench.signerOf(CAST.bank).sign })],
  ['with an r longer than the curve\u2019s order', 'cms-signature-invalid', (bench) => forged(bench, { ...nodeSigner(bench), sign: async (message) => longR(await nodeSigner(bench).sign(message)) })],
  ['in its high-S twin', 'cms-signature-not-low-s', (bench) => forged(bench, { ...nodeSigner(bench), sign: async (message) => highS(await nodeSigner(bench).sign(message)) })],
  ['with a certificate of version 1', 'certificate-malformed', (bench) => edited(bench, [...AT.certificates, 0, 0, 0, 0], (node) => void (node.content = Buffer.of(0)))],
  ['with a critical extension that nobody knows', 'certificate-critical-extension', (bench) => forged(bench, { ...nodeSigner(bench), certificate: editedExtension(nodeSigner(bench).certificate, SUBJECT_KEY_IDENTIFIER, (node) => void node.children.splice(1, 0, parseDer(booleanTrue()))) })],
  ['by a certificate that is for signing certificates alone', 'certificate-usage', (bench) => forged(bench, { ...nodeSigner(bench), certificate: editedExtension(nodeSigner(bench).certificate, KEY_USAGE, (node) => void (nodeAt(node, -1).content = Buffer.of(3, 2, 2, 4))) })],
  ['by another participant of the issuer\u2019s organisation', 'issuer-mismatch', (bench) => forged(bench, bench.signerOf(CAST.bank))],
  ['under a root that only has the organisation\u2019s name', 'certificate-untrusted', async (bench) => forged(bench, (await bench.impostor()).signer)],
  ['by a certificate that had ended', 'certificate-out-of-time', (bench) => byOther(bench, { notAfter: START - DAY_MILLIS })],
  ['by a certificate that did not count yet', 'certificate-out-of-time', (bench) => byOther(bench, { notBefore: START + DAY_MILLIS })],
  [
    'by a certificate revoked before',
    'certificate-revoked',
    async (bench) => {
      const { authority, clock, serial, signer } = await bench.impostor();
      clock.time = START - DAY_MILLIS;
      return forged(bench, signer, trusting(bench, authority.rootCertificate, await authority.revoke([serial], 'keyCompromise')));
    },
  ],
  ['with a revocation list by another root', 'revocation-list-invalid', (bench) => withList(bench, async () => (await bench.impostor()).authority.revocationList())],
  ['with a revocation list that is a certificate', 'revocation-list-invalid', (bench) => withList(bench, async ({ rootCertificate }) => rootCertificate)],
];

async function byOther(bench: MutationBench, validity: Parameters<MutationBench['impostor']>[0]): Promise<SignedMutant> {
  const { authority, signer } = await bench.impostor(validity);
  return forged(bench, signer, trusting(bench, authority.rootCertificate));
}

async function withList(bench: MutationBench, listOf: (authority: Pick<DevelopmentAuthority, 'rootCertificate'>) => Promise<string>): Promise<SignedMutant> {
  const { authority, signer } = await bench.impostor();
  return forged(bench, signer, trusting(bench, authority.rootCertificate, await listOf(authority)));
}

/** Timestamps of the signature that prove no time. */
export const TIMESTAMP_MUTATIONS: readonly SignatureMutation[] = [
  ['that is no timestamp', 'timestamp-malformed', (bench) => stamped(bench, async () => bench.forged({}, async () => integer(1)).then((signed) => editDer(signed, AT.signer, (node) => void node.children.pop())))],
  ['over a hash of another algorithm', 'timestamp-malformed', (bench) => stamped(bench, (signature) => tokenBy(nodeSigner(bench), sequence(sequence(SHA1), octetString(SHA256_SUITE.digest(signature).subarray(0, 20)))))],
  ['by a certificate that is for more than timestamps', 'timestamp-usage', (bench) => stamped(bench, (signature) => tokenBy(nodeSigner(bench), messageImprint(SHA256_SUITE.digest(signature))))],
  ['over something else', 'timestamp-mismatch', (bench) => stamped(bench, () => bench.made.sealParts.stampTime(utf8ToBytes('else')))],
  ['by an authority that the trust file does not name', 'timestamp-untrusted', async (bench) => stamped(bench, (await bench.stampingAt(START - YEAR_MILLIS, START + DAY_MILLIS)).stamp)],
  ['before its authority\u2019s certificate counted', 'timestamp-out-of-time', (bench) => stampedAt(bench, START + 2 * DAY_MILLIS, START + DAY_MILLIS)],
  ['after its authority\u2019s certificate had ended', 'timestamp-out-of-time', (bench) => stampedAt(bench, START - 10 * YEAR_MILLIS, START + DAY_MILLIS)],
  [
    'from before the events',
    'timestamp-before-events',
    async (bench) => {
      const { authority, signer } = await bench.impostor();
      const { stamp, trust } = await bench.stampingAt(START - DAY_MILLIS, START - HOUR_MILLIS);
      return { file: bench.withSignature(await bench.forged({ signer }, stamp)), trust: { timestampAuthorities: [...bench.made.trustFile().timestampAuthorities, ...trust.timestampAuthorities], ...trusting(bench, authority.rootCertificate) } };
    },
  ],
];

async function stamped(bench: MutationBench, token: (signature: Uint8Array) => Promise<Uint8Array>, trust: Partial<TrustFile> = {}): Promise<SignedMutant> {
  return { file: bench.withSignature(await bench.forged({}, token)), trust };
}

/** By an authority that the trust file names besides the world's. */
async function stampedAt(bench: MutationBench, from: number, at: number): Promise<SignedMutant> {
  const { stamp, trust } = await bench.stampingAt(from, at);
  return stamped(bench, stamp, { timestampAuthorities: [...bench.made.trustFile().timestampAuthorities, ...trust.timestampAuthorities] });
}

/** A token as RFC 3161 writes it, signed by anybody. */
async function tokenBy(signer: CertifiedSigner, imprint: Uint8Array): Promise<Uint8Array> {
  const info = sequence(integer(1), oid('1.3.6.1.4.1.32473.1'), imprint, integer(1), generalizedTime(START + DAY_MILLIS));
  const made = await makeSignedData({ suite: SHA256_SUITE, signer, contentType: TST_INFO, content: info, encapsulated: true, attributes: [] });
  return made.encode();
}

/** SM2 seals that seal nothing. */
export const SM2_MUTATIONS: readonly SignatureMutation[] = [
  ['that is a CAdES signature', 'sm2-seal-malformed', (bench) => ({ file: bench.withSeal(cades(bench)) })],
  ['with a byte behind it', 'sm2-seal-malformed', (bench) => ({ file: bench.withSeal(Buffer.concat([bench.editor.bytes(SM2_SEAL_PART), Buffer.of(0)])) })],
  ['with two certificates', 'sm2-seal-malformed', (bench) => ({ file: bench.withSeal(editDer(bench.editor.bytes(SM2_SEAL_PART), AT.certificates, (node) => void node.children.push(...node.children))) })],
  ['over another manifest', 'sm2-seal-invalid', async (bench) => ({ file: bench.withSeal(await sealed(bench, sealSigner(bench), utf8ToBytes('another'))) })],
  ['under another user id', 'sm2-seal-invalid', async (bench) => ({ file: bench.withSeal(await sealed(bench, await underOtherId(bench, 'ALICE123@YAHOO.COM'))) })],
  ['by another key than its certificate\u2019s', 'sm2-seal-invalid', async (bench) => ({ file: bench.withSeal(await sealed(bench, { ...sealSigner(bench), sign: async (message) => signSm2(createSm2Key(), message) })) })],
  ['with an r longer than the curve\u2019s order', 'sm2-seal-invalid', async (bench) => ({ file: bench.withSeal(await sealed(bench, { ...sealSigner(bench), sign: async (message) => longR(await sealSigner(bench).sign(message)) })) })],
  ['under another root', 'sm2-seal-untrusted', async (bench) => ({ file: bench.withSeal(await sealed(bench, (await developmentSm2Seal(NO_JOURNAL, bench.made.sealParts.clock)).signer)) })],
  [
    'by a certificate that had ended',
    'sm2-seal-untrusted',
    async (bench) => {
      const old = await developmentSm2Seal(NO_JOURNAL, { now: () => START - 11 * YEAR_MILLIS });
      return { file: bench.withSeal(await sealed(bench, old.signer)), trust: { sm2Roots: [old.root] } };
    },
  ],
];

const NO_JOURNAL = { get: async () => undefined, commit: async () => undefined };

function sealSigner({ made }: MutationBench): CertifiedSigner {
  const signer = made.sealParts.sm2Seal?.signer;
  if (signer === undefined) throw new TypeError('the world seals with SM2');
  return signer;
}

function sealed({ made, editor }: MutationBench, signer: CertifiedSigner, manifest: Uint8Array = editor.bytes(MANIFEST_PART)): Promise<Uint8Array> {
  return makeSm2Seal(signer, manifest, [signingTime(made.sealParts.clock.now())]);
}

/** The world's own seal key, which its journal keeps, signing under another user id. */
async function underOtherId(bench: MutationBench, userId: string): Promise<CertifiedSigner> {
  const { key } = JSON.parse((await bench.made.sealParts.store.get('sm2-seal', 'seal'))?.toString('utf8') ?? '{}') as { readonly key: Sm2Key };
  return { ...sealSigner(bench), sign: async (message) => signSm2(key, message, userId) };
}
