#!/usr/bin/env node
// Makes verifier/vectors anew: a small loan's evidence by `kesu evidence sample`; a lawsuit's bundle, annex and statements, made by the contract on a test's ledger;
// the annex of a recorded Fabric network; and what is wrong with changed copies of them. A second verifier must come to the same verdicts and codes. To be run when a format changes; what it says is to be read before it is committed.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const FILES = ['loan/good.asice', 'loan/receipt.json', 'loan/proof.json', 'case/case.asice', 'case/annex.json', 'case/usage-report.json', 'case/rerun.json', 'case/reach.json', 'fabric/annex.json', 'earlier/annex.json'];
// `earlier` stays: what a build before ADR 71 made can't be made again.
for (const set of ['loan', 'case', 'fabric']) {
  rmSync(join(OUT, set), { recursive: true, force: true });
  mkdirSync(join(OUT, set), { recursive: true });
}
const write = (name, value) => writeFileSync(join(OUT, name), value instanceof Uint8Array ? value : `${JSON.stringify(value, null, 2)}\n`);

const scratch = mkdtempSync(join(tmpdir(), 'kesu-vectors-'));
const made = spawnSync(process.execPath, [join(ROOT, 'gateway', 'bin', 'kesu.js'), 'evidence', 'sample', '--out', join(scratch, 'sample')], { stdio: ['ignore', 'ignore', 'inherit'] });
if (made.status !== 0) process.exit(made.status ?? 3);
for (const name of ['good.asice', 'receipt.json', 'proof.json', 'trust.json']) cpSync(join(scratch, 'sample', name), join(OUT, 'loan', name));
rmSync(scratch, { recursive: true, force: true });

await writeCase();
const record = JSON.parse(readFileSync(join(ROOT, 'gateway', 'src', 'evidence', 'testing', 'fabric-record.json'), 'utf8'));
const { annexOf, trustOf } = require('./lib/evidence/testing/fabric-record.js');
write('fabric/annex.json', annexOf(record));
write('fabric/trust.json', trustOf(record));

/** A lawsuit's bundle with its annex, and the three statements about its enterprise, its release and its batch. */
async function writeCase() {
  const { CaseWorld } = require('./lib/evidence/testing/case-world.js');
  const { CaseAnnexes } = require('./lib/evidence/case-annexes.js');
  const { batchReach, decisionRerun, usageReport } = require('./lib/use-cases/statements.js');
  const { CAST } = require('./lib/testing/test-cast.js');
  const world = await CaseWorld.open();
  try {
    const { ledger, clock } = world.world;
    const { sealParts: parts, logs, log, grant, release } = world.evidence;
    await world.bundles.seal(world.caseId);
    const annexes = new CaseAnnexes({ ledgerKind: 'EMBEDDED', network: ledger.network, ledger, bundles: world.bundles, store: parts.store, clock });
    const annex = await annexes.make(world.caseId, '1'.repeat(32), { participant: 'court-one', operator: 'CLERK-1', reason: 'court-order' });
    const id = world.world.nextId();
    await world.world.submit(CAST.platform, 'evidence:report-usage', { id, enterprise: grant.enterprise });
    await logs.releases.projection.caughtUp();
    await log.log.caughtUp();
    const stating = { readModel: parts.readModel, log: log.log, publisher: log.publisher };
    write('case/case.asice', await world.bundles.bytesOf((await world.bundles.list(world.caseId))[0]));
    write('case/annex.json', Buffer.from(await annexes.bytesOf(annex)));
    write('case/usage-report.json', await usageReport(stating, id));
    write('case/rerun.json', await decisionRerun(stating, release.id));
    write('case/reach.json', await batchReach(stating, world.world.batchId));
    write('case/trust.json', world.evidence.trustFile());
  } finally {
    await world.dispose();
  }
}

const trustOfSet = (set) => JSON.parse(readFileSync(join(OUT, set, 'trust.json'), 'utf8'));
const trust = trustOfSet('loan');
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
const asice = 'loan/good.asice';
const end = bytes[asice].length;
const roots = trust.organisations;
const [first, , third] = trust.cosigners.keys;
/** Of a cosigner that never signed. */
const stranger = encodeVerifierKey({ name: `kesu/${trust.network}/stranger`, type: NOTE_KEY_TYPES.cosignature, publicKey: randomBytes(32) });

const partsOf = (file) => readContainer(bytes[file]);
const parts = partsOf(asice);
/** The name of the first part that begins so. */
const nameOf = (start) => parts.find(({ name }) => name.startsWith(start)).name;
const bytesOf = (name) => Buffer.from(parts.find((part) => part.name === name).bytes);
/** Another last bit of a byte of a part, counted from its end where the place is negative. */
function inPart(start, place) {
  const part = nameOf(start);
  const found = place < 0 ? bytesOf(part).length + place : place;
  return { part, edits: [{ at: found, remove: 1, insert: Buffer.of(bytesOf(part)[found] ^ 1).toString('hex') }] };
}
/** The same of another container. */
function inPartOf(file, start, place) {
  const part = partsOf(file).find(({ name }) => name.startsWith(start));
  return { part: part.name, edits: [{ at: place, remove: 1, insert: Buffer.of(part.bytes[place] ^ 1).toString('hex') }] };
}
function inText(part, text, by) {
  return [{ at: bytesOf(part).indexOf(text), remove: text.length, insert: hex(by) }];
}

/** Another digit of a digest. */
const otherDigit = (file, place) => [{ at: place, remove: 1, insert: hex(String.fromCharCode(bytes[file][place]) === '0' ? '1' : '0') }];
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
  { name: 'a receipt of another purpose', file: 'loan/receipt.json', edits: replaced('loan/receipt.json', '"PRE_LOAN"', '"APPROVAL"') },
  { name: 'a receipt with another letter', file: 'loan/receipt.json', edits: replaced('loan/receipt.json', '"retentionDays": ', '"retentionDays": 9') },
  { name: 'a receipt for another network', file: 'loan/receipt.json', trust: { network: 'ab'.repeat(16) } },
  { name: 'a proof with another event', file: 'loan/proof.json', edits: replaced('loan/proof.json', '"byteCount": ', '"byteCount": 9') },
  { name: 'a proof with another path', file: 'loan/proof.json', edits: other('loan/proof.json', behind('loan/proof.json', '"path": "', 3)) },
  { name: 'a proof with another signature', file: 'loan/proof.json', edits: other('loan/proof.json', behind('loan/proof.json', '"signatures": [', 30)) },
  { name: 'a proof with a member more', file: 'loan/proof.json', edits: [{ at: 1, remove: 0, insert: hex('"more":1,') }] },
  { name: 'a proof for another network', file: 'loan/proof.json', trust: { network: 'ab'.repeat(16) } },
  ...['case/annex.json', 'case/usage-report.json', 'case/rerun.json', 'case/reach.json', 'fabric/annex.json'].map((file) => ({ name: `${file} for another network`, file, trust: { network: 'ab'.repeat(16) } })),
  { name: 'an annex with another block', file: 'case/annex.json', edits: other('case/annex.json', behind('case/annex.json', 'dataHash', 6)) },
  { name: 'an annex whose fact is another event', file: 'case/annex.json', edits: otherDigit('case/annex.json', behind('case/annex.json', '"eventDigest":"', 3)) },
  { name: 'a report of use that names another recipient', file: 'case/usage-report.json', edits: replaced('case/usage-report.json', '"recipient": "bank-one"', '"recipient": "bank-two"') },
  { name: 'a report of use without its cosigners', file: 'case/usage-report.json', trust: { cosigners: { keys: [trust.cosigners.keys[0].replace(trust.network, trustOfSet('case').network)], threshold: 1 } } },
  { name: 'a re-run that says otherwise', file: 'case/rerun.json', edits: replaced('case/rerun.json', '"PERMIT"', '"DENY"') },
  { name: 'a reach of another batch', file: 'case/reach.json', edits: otherDigit('case/reach.json', behind('case/reach.json', '"batchId": "', 3)) },
  { name: 'an annex of Fabric with another block', file: 'fabric/annex.json', edits: other('fabric/annex.json', behind('fabric/annex.json', '"blocks": [', 400)) },
  { name: 'an annex of Fabric with another event digest', file: 'fabric/annex.json', edits: otherDigit('fabric/annex.json', behind('fabric/annex.json', '"eventDigest": "', 3)) },
  { name: 'an annex of Fabric, its orderers unknown', file: 'fabric/annex.json', trust: { fabric: null } },
  { name: 'an annex of Fabric that more organisations had to endorse', file: 'fabric/annex.json', trust: { fabric: { endorsement: { required: 3 } } } },
  { name: 'a byte of a case’s fact', file: 'case/case.asice', ...inPartOf('case/case.asice', 'facts/', 60) },
  { name: 'a file of another format', file: 'loan/proof.json', edits: replaced('loan/proof.json', 'kesu-release-proof-1', 'kesu-release-proof-9') },
];

function outcomeOf(vector) {
  const { trust: patch } = vector;
  let read;
  try {
    const own = trustOfSet(vector.file.split('/')[0]);
    read = readTrust(JSON.stringify(patch === undefined ? own : mergePatch(own, patch)));
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
