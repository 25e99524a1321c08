#!/usr/bin/env node
// Makes verifier/vectors anew: a small loan's evidence by `kesu evidence sample`, and what is wrong with changed copies of it. A second verifier
// must come to the same verdicts and codes. To be run when a format changes; what it says is to be read before it is committed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireSource } from './bench/typescript-sources.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'verifier', 'vectors');
const require = createRequire(join(ROOT, 'gateway', 'package.json'));
const { readContainer, readTrust, verifyFile } = require('@kesu/verifier');
const { mergePatch, vectorFile } = requireSource('../../verifier/src/testing/vectors.ts');
const { encodeVerifierKey, NOTE_KEY_TYPES } = require('@kesu/chaincode/domain');

const FILES = ['good.asice', 'receipt.json', 'proof.json'];
const scratch = mkdtempSync(join(tmpdir(), 'kesu-vectors-'));
const made = spawnSync(process.execPath, [join(ROOT, 'gateway', 'bin', 'kesu.js'), 'evidence', 'sample', '--out', join(scratch, 'sample')], { stdio: 'inherit' });
if (made.status !== 0) process.exit(made.status ?? 3);
rmSync(OUT, { recursive: true, force: true });
for (const name of [...FILES, 'trust.json']) cpSync(join(scratch, 'sample', name), join(OUT, name));
rmSync(scratch, { recursive: true, force: true });

const trust = JSON.parse(readFileSync(join(OUT, 'trust.json'), 'utf8'));
const bytes = Object.fromEntries(FILES.map((name) => [name, readFileSync(join(OUT, name))]));
const at = (file, text, nth = 0) => {
  let found = -1;
  for (let count = 0; count <= nth; count++) found = bytes[file].indexOf(text, found + 1, 'latin1');
  if (found < 0) throw new Error(`${file} holds no ${text}`);
  return found;
};
const hex = (text) => Buffer.from(text, 'latin1').toString('hex');
/** One text in place of another, the first time that it stands in the file, or the time given. */
const replaced = (file, text, by, nth) => [{ at: at(file, text, nth), remove: Buffer.byteLength(text, 'latin1'), insert: hex(by) }];
/** Another last bit of a byte. */
const flipped = (file, place) => [{ at: place, remove: 1, insert: Buffer.of(bytes[file][place] ^ 1).toString('hex') }];
const behind = (file, text, offset, nth) => at(file, text, nth) + text.length + offset;
const asice = 'good.asice';
const end = bytes[asice].length;
const roots = trust.organisations;
const [first, , third] = trust.cosigners.keys;
/** Of a cosigner that never signed. */
const stranger = encodeVerifierKey({ name: `kesu/${trust.network}/stranger`, type: NOTE_KEY_TYPES.cosignature, publicKey: randomBytes(32) });

const parts = readContainer(bytes[asice]);
/** The name of the first part that begins so. */
const nameOf = (start) => parts.find(({ name }) => name.startsWith(start)).name;
const bytesOf = (name) => Buffer.from(parts.find((part) => part.name === name).bytes);
/** Another last bit of a byte of a part, counted from its end where the place is negative. */
function inPart(start, place) {
  const part = nameOf(start);
  const found = place < 0 ? bytesOf(part).length + place : place;
  return { part, edits: [{ at: found, remove: 1, insert: Buffer.of(bytesOf(part)[found] ^ 1).toString('hex') }] };
}
function inText(part, text, by) {
  return [{ at: bytesOf(part).indexOf(text), remove: text.length, insert: hex(by) }];
}

/** What a signed character of base64 becomes. */
const other = (file, place) => [{ at: place, remove: 1, insert: hex(String.fromCharCode(bytes[file][place]) === 'A' ? 'B' : 'A') }];

const VECTORS = [
  ...FILES.map((file) => ({ name: `${file} as it is`, file })),
  { name: 'a container cut by a byte', file: asice, edits: [{ at: end - 1, remove: 1, insert: '' }] },
  { name: 'a container with a byte behind it', file: asice, edits: [{ at: end, remove: 0, insert: '00' }] },
  { name: 'a container with a byte before it', file: asice, edits: [{ at: 0, remove: 0, insert: '50' }] },
  { name: 'a local header with a time', file: asice, edits: [{ at: 10, remove: 1, insert: '01' }] },
  { name: 'a local header with another check sum', file: asice, edits: flipped(asice, 14) },
  { name: 'a name that climbs out', file: asice, edits: replaced(asice, 'bundle.json', '../dle.json', 2) },
  { name: 'another mimetype', file: asice, edits: replaced(asice, 'asic-e+zip', 'asic-s+zip') },
  { name: 'a byte of a fact, the check sum as it was', file: asice, edits: flipped(asice, at(asice, '"claimedTime"')) },
  ...['facts/', 'letters/', 'receipts/', 'checkpoint.txt', 'checkpoint.tst', 'bundle.json', 'summary.zh.pdf'].map((start) => ({ name: `a byte of ${start}, in a container of its own`, file: asice, ...inPart(start, 60) })),
  { name: 'another digest algorithm in the manifest', file: asice, part: 'META-INF/ASiCManifest.xml', edits: inText('META-INF/ASiCManifest.xml', 'xmlenc#sha256', 'xmlenc#sha512') },
  { name: 'another digest in the manifest', file: asice, part: 'META-INF/ASiCManifest.xml', edits: inText('META-INF/ASiCManifest.xml', '<ds:DigestValue>', '<ds:DigestValue>A') },
  ...[[60, 'head'], [-10, 'end'], [-400, 'timestamp']].map(([place, word]) => ({ name: `a byte of the signature’s ${word}`, file: asice, ...inPart('META-INF/signature.p7s', place) })),
  ...[[60, 'head'], [-10, 'end']].map(([place, word]) => ({ name: `a byte of the SM2 seal’s ${word}`, file: asice, ...inPart('META-INF/sm2-seal.p7s', place) })),
  ...['letters/', 'checkpoint.tst', 'META-INF/signature.p7s', 'META-INF/ASiCManifest.xml', 'mimetype'].map((start) => ({ name: `without ${start}`, file: asice, part: nameOf(start), edits: 'REMOVED' })),
  { name: 'a trust file whose keys are of another network', file: asice, trust: { network: 'ab'.repeat(16) } },
  { name: 'more cosigners wanted than signed', file: asice, trust: { cosigners: { keys: [first, stranger], threshold: 2 } } },
  { name: 'one cosigner trusted, two wanted', file: asice, trust: { cosigners: { keys: [third], threshold: 2 } } },
  { name: 'the root of another organisation in place of the issuer’s', file: asice, trust: { organisations: { NodeMSP: { roots: roots.PlatformMSP.roots, revocationList: null } } } },
  { name: 'without the issuer’s organisation', file: asice, trust: { organisations: { NodeMSP: null } } },
  { name: 'another issuer trusted', file: asice, trust: { issuers: [{ participant: 'qinxinrong', mspId: 'PlatformMSP' }] } },
  { name: 'no timestamp authority trusted', file: asice, trust: { timestampAuthorities: [] } },
  { name: 'another timestamp authority trusted', file: asice, trust: { timestampAuthorities: [{ name: 'other', development: false, roots: roots.NodeMSP.roots }] } },
  { name: 'another root of SM2 seals', file: asice, trust: { sm2Roots: roots.NodeMSP.roots } },
  { name: 'a receipt of another purpose', file: 'receipt.json', edits: replaced('receipt.json', '"PRE_LOAN"', '"APPROVAL"') },
  { name: 'a receipt with another letter', file: 'receipt.json', edits: replaced('receipt.json', '"retentionDays": ', '"retentionDays": 9') },
  { name: 'a receipt for another network', file: 'receipt.json', trust: { network: 'ab'.repeat(16) } },
  { name: 'a proof with another event', file: 'proof.json', edits: replaced('proof.json', '"byteCount": ', '"byteCount": 9') },
  { name: 'a proof with another path', file: 'proof.json', edits: other('proof.json', behind('proof.json', '"path": "', 3)) },
  { name: 'a proof with another signature', file: 'proof.json', edits: other('proof.json', behind('proof.json', '"signatures": [', 30)) },
  { name: 'a proof with a member more', file: 'proof.json', edits: [{ at: 1, remove: 0, insert: hex('"more":1,') }] },
  { name: 'a proof for another network', file: 'proof.json', trust: { network: 'ab'.repeat(16) } },
  { name: 'a file of another format', file: 'proof.json', edits: replaced('proof.json', 'kesu-release-proof-1', 'kesu-release-proof-9') },
];

function outcomeOf(vector) {
  const { trust: patch } = vector;
  let read;
  try {
    read = readTrust(JSON.stringify(patch === undefined ? trust : mergePatch(trust, patch)));
  } catch (error) {
    return { verdict: 'REFUTED', codes: [error.code] };
  }
  const { verdict, checks } = verifyFile(vectorFile(bytes[vector.file], vector), read);
  return { verdict, codes: checks.filter(({ state }) => state === 'FAIL').map(({ code }) => code) };
}

const vectors = VECTORS.map((vector) => ({ ...vector, ...outcomeOf(vector) }));
const believed = vectors.filter(({ edits, trust: patch, verdict }) => (edits !== undefined || patch !== undefined) && verdict === 'PROVEN');
for (const { name, verdict, codes } of vectors) process.stdout.write(`${verdict.padEnd(12)} ${name}  ${codes.join(' ')}\n`);
if (believed.length > 0) {
  process.stderr.write(`proven though changed: ${believed.map(({ name }) => name).join(', ')}\n`);
  process.exit(1);
}
writeFileSync(join(OUT, 'vectors.json'), `${JSON.stringify(vectors, null, 2)}\n`);
