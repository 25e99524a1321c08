import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DAY_MILLIS, hexToBytes, SM2, spkiOfPoint } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';
import type { Clock } from '../clock';
import { bitString, booleanTrue, element, explicit, integer, octetString, oid, sequence, setOf, time } from './der-writer';
import { makeSignedData, type CertifiedSigner } from './signed-data';
import { createSm2Key, SM2_DATA, SM2_SUITE, sm2SignerOf, signSm2, type Sm2Key } from './sm2-suite';

/** An SM2-with-SM3 seal beside the CAdES signature: who seals, and the root that a trust file names for it. */
export interface Sm2Seal {
  readonly signer: CertifiedSigner;
  /** PEM. */
  readonly root: string;
}

/** Files in PEM: the seal's certificate, its key (PKCS #8, not encrypted) and the root that verifiers are to trust. */
export interface Sm2SealFiles {
  readonly certificate: string;
  readonly key: string;
  readonly root: string;
}

/**
 * The seal that a configuration names.
 * @throws Sm2KeyError for a key and a certificate that don't belong together; the file system's error for a file that can't be read.
 */
export async function readSm2Seal(files: Sm2SealFiles): Promise<Sm2Seal> {
  const [certificate, key, root] = await Promise.all([files.certificate, files.key, files.root].map((path) => readFile(path, 'utf8')));
  return { signer: sm2SignerOf({ certificate: certificate ?? '', key: key ?? '' }), root: root ?? '' };
}

/** `META-INF/sm2-seal.p7s`: detached SignedData of GM/T 0010 over the manifest, with the signed attributes of a CAdES signature and those given. */
export async function makeSm2Seal(signer: CertifiedSigner, manifest: Uint8Array, attributes: readonly Uint8Array[]): Promise<Uint8Array> {
  const made = await makeSignedData({ suite: SM2_SUITE, signer, contentType: SM2_DATA, content: manifest, encapsulated: false, attributes });
  return made.encode();
}

const TABLE = 'sm2-seal';
const SERIAL_BYTES = 12;
const TEN_YEARS_MILLIS = 3_650 * DAY_MILLIS;
/** Key usage bits of an authority (keyCertSign, cRLSign) and of a signer (digitalSignature, nonRepudiation). */
const SIGNS_CERTIFICATES = Uint8Array.of(1, 0x06);
const SIGNS_DATA = Uint8Array.of(6, 0xc0);

interface StoredSeal {
  readonly key: Sm2Key;
  /** Base64 of DER. */
  readonly certificate: string;
  readonly root: string;
}

/** The development seal that the journal keeps, or a new one: under a root of its own, and it says so in its name. */
export async function developmentSm2Seal(journal: Pick<PrivateJournal, 'get' | 'commit'>, clock: Clock): Promise<Sm2Seal> {
  const present = await journal.get(TABLE, 'seal');
  const stored = present === undefined ? makeSeal(clock.now()) : (JSON.parse(present.toString('utf8')) as StoredSeal);
  if (present === undefined) await journal.commit([{ table: TABLE, key: 'seal', value: Buffer.from(JSON.stringify(stored)) }]);
  return { signer: { certificate: Buffer.from(stored.certificate, 'base64'), sign: async (message) => signSm2(stored.key, message) }, root: pem(stored.root) };
}

function makeSeal(now: number): StoredSeal {
  const [rootKey, key] = [createSm2Key(), createSm2Key()];
  const name = 'Kesu development SM2 seal (not a certified product)';
  const rootName = nameOf(`${name} root`);
  const period = { from: now, until: now + TEN_YEARS_MILLIS };
  const root = certificateOf({ issuer: rootName, subject: rootName, subjectKey: rootKey, issuerKey: rootKey, isAuthority: true, ...period });
  const certificate = certificateOf({ issuer: rootName, subject: nameOf(name), subjectKey: key, issuerKey: rootKey, isAuthority: false, ...period });
  return { key, certificate: certificate.toString('base64'), root: root.toString('base64') };
}

interface CertificateTerms {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly subjectKey: Pick<Sm2Key, 'publicKey'>;
  readonly issuerKey: Sm2Key;
  readonly isAuthority: boolean;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly until: number;
}

/** An X.509 certificate (RFC 5280) signed with SM2: no library at hand makes one. */
function certificateOf({ issuer, subject, subjectKey, issuerKey, isAuthority, from, until }: CertificateTerms): Buffer {
  const algorithm = sequence(oid(SM2_SUITE.signatureOid));
  const extensions = sequence(
    sequence(oid('2.5.29.19'), booleanTrue(), octetString(isAuthority ? sequence(booleanTrue(), integer(0)) : sequence())),
    sequence(oid('2.5.29.15'), booleanTrue(), octetString(element(0x03, isAuthority ? SIGNS_CERTIFICATES : SIGNS_DATA))),
  );
  const serial = Buffer.concat([Buffer.of(1), randomBytes(SERIAL_BYTES)]);
  const key = spkiOfPoint(SM2, hexToBytes(subjectKey.publicKey));
  const signed = sequence(explicit(0, integer(2)), integer(serial), algorithm, issuer, sequence(time(from), time(until)), subject, key, explicit(3, extensions));
  return sequence(signed, algorithm, bitString(signSm2(issuerKey, signed)));
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf([sequence(oid('2.5.4.3'), element(0x0c, Buffer.from(commonName)))]));
}

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
}
