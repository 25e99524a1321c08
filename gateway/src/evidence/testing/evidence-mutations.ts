import { decodeNote, encodeNote, envelopeBytes, fromBase64url, hexToBytes, P256, SM2, SM2_USER_ID, spkiOfPoint, toBase64url, toBigint, toBytes32, utf8ToBytes, type SignedEnvelope } from '@kesu/chaincode/domain';
import type { FailureCode } from '@kesu/verifier';
import { sm2 } from 'sm-crypto-v2';
import { createSm2Key } from '../sm2-suite';
import { all, replaced, without, type BundleEditor, type Change, type Value } from './bundle-editor';
import type { MutationBench } from './mutation-bench';

/** Evidence that its issuer changed and sealed again: by name, refused for, and the change. */
export type EvidenceMutation = readonly [name: string, code: FailureCode, change: () => Change | Promise<Change>];

/** A signature's member `signature`, r ‖ s in base64url, with the other S. */
function twin(proof: Value): void {
  const bytes = fromBase64url(String(proof.signature)) ?? new Uint8Array();
  proof.signature = toBase64url(Buffer.concat([bytes.subarray(0, 32), toBytes32(P256.n - toBigint(bytes.subarray(32)))]));
}

/** The enterprise's key made an SM2 key, and everything that it signed signed again with it: the letter under a user id. */
export function signedWithSm2({ isKind, editedEvent, editedEvents }: BundleEditor, userId: string): Change {
  const { privateKey, publicKey } = createSm2Key();
  const sign = (signed: Value, id: string): void => {
    const options = { hash: true, der: false, userId: id, publicKey };
    const signature = sm2.doSignature(envelopeBytes(signed.envelope as SignedEnvelope), privateKey, options);
    Object.assign((signed.signatures as Value[])[0] ?? {}, { signature: toBase64url(hexToBytes(signature)) });
  };
  const key = { algorithm: 'SM2', means: 'CERTIFICATE', publicKey: toBase64url(spkiOfPoint(SM2, hexToBytes(publicKey))) };
  return all(
    editedEvents('signatories', (event) => ((event.record as Value).keys as Value[]).forEach((one) => Object.assign(one, key))),
    editedEvent(isKind('grant', 'grant'), (event) => sign(event.signed as Value, userId)),
    editedEvent(isKind('grant', 'revoke'), (event) => sign(event.signed as Value, SM2_USER_ID)),
  );
}

const reverseHex = (hex: unknown): string => [...String(hex)].reverse().join('');

/** What the issuer alone can't make true. */
export function evidenceMutations(bench: () => MutationBench, editor: BundleEditor): readonly EvidenceMutation[] {
  const { text, json, starting, isKind, permit, denial, edited, editedEvent, editedEvents, editedLeaf } = editor;
  return [
    ['of another network', 'bundle-network-foreign', () => edited('bundle.json', (value) => (value.network = 'ab'.repeat(16)))],
    ['in another format', 'part-malformed', () => edited('bundle.json', (value) => (value.format = 'kesu-evidence-bundle-2'))],
    ['with a member that a description hasn\u2019t', 'part-malformed', () => edited('bundle.json', (value) => (value.more = 1))],
    ['issued in another\u2019s name', 'issuer-mismatch', () => edited('bundle.json', (value) => (value.issuer = { participant: 'bank-one', mspId: 'NodeMSP' }))],
    ['issued by another organisation', 'issuer-mismatch', () => edited('bundle.json', (value) => (value.issuer = { participant: 'provincial-node', mspId: 'PlatformMSP' }))],
    ['with JSON laid out otherwise', 'part-malformed', () => replaced('bundle.json', utf8ToBytes(JSON.stringify(json('bundle.json'), null, 1)))],
    ['with a byte order mark', 'part-malformed', () => replaced('bundle.json', utf8ToBytes(`\ufeff${text('bundle.json')}`))],
    ['with bytes that are no UTF-8', 'part-malformed', () => replaced('bundle.json', Uint8Array.of(0xff))],
    ['with a part of no kind', 'container-part-unknown', () => (parts) => [...parts, { name: 'other.json', bytes: utf8ToBytes('{}') }].sort((a, b) => (a.name === 'mimetype' ? -1 : b.name === 'mimetype' ? 1 : a.name < b.name ? -1 : 1))],
    ['without a description', 'container-part-missing', () => without('bundle.json')],
    ['without a checkpoint', 'container-part-missing', () => without('checkpoint.txt')],
    ['with a checkpoint of another size', 'checkpoint-signature-invalid', () => replaced('checkpoint.txt', utf8ToBytes(text('checkpoint.txt').replace(/\n(\d+)\n/, (_all, size: string) => `\n${Number(size) + 1}\n`)))],
    ['with a checkpoint of another log', 'checkpoint-origin-foreign', () => replaced('checkpoint.txt', utf8ToBytes(text('checkpoint.txt').replace(/^kesu\/\w+/, 'kesu/other')))],
    ['with a checkpoint that is none', 'checkpoint-malformed', () => replaced('checkpoint.txt', utf8ToBytes('kesu\n'))],
    ['with too few cosignatures', 'cosigners-too-few', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: decodeNote(text('checkpoint.txt')).signatures.slice(0, 2) })))],
    ['with one cosignature twice', 'cosigners-too-few', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: [0, 1, 1].flatMap((n) => decodeNote(text('checkpoint.txt')).signatures[n] ?? []) })))],
    ['without the log\u2019s signature', 'checkpoint-log-key-missing', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: decodeNote(text('checkpoint.txt')).signatures.slice(1) })))],
    ['with a timestamp of another checkpoint', 'timestamp-mismatch', () => replaced('checkpoint.txt', utf8ToBytes(encodeNote({ ...decodeNote(text('checkpoint.txt')), signatures: [...decodeNote(text('checkpoint.txt')).signatures].reverse() })))],
    ['with an older checkpoint', 'leaf-not-included', async () => all(replaced('checkpoint.txt', utf8ToBytes(bench().made.olderCheckpoint)), replaced('checkpoint.tst', await bench().made.sealParts.stampTime(utf8ToBytes(bench().made.olderCheckpoint))))],
    ['with an event changed', 'leaf-event-mismatch', () => editedEvent(isKind('loan', 'open'), (event) => ((event.record as Value).amountFen = 1))],
    ['with an event\u2019s actor changed', 'leaf-event-mismatch', () => editedEvent(isKind('grant', 'grant'), (event) => (event.actor = 'bank-one'))],
    ['with a denial turned into a permit', 'leaf-event-mismatch', () => editedEvent(denial(), (event) => ((event.release as Value).decision = 'PERMIT'))],
    ['with a leaf changed to fit its event', 'leaf-not-included', () => editedLeaf(isKind('loan', 'open'), (leaf) => (leaf.claimedTime = '2026-01-01T00:00:00.001Z'))],
    ['with a leaf of another network', 'leaf-network-foreign', () => editedLeaf(isKind('loan', 'open'), (leaf) => (leaf.network = 'ab'.repeat(16)))],
    ['with a leaf about another enterprise', 'leaf-subject-mismatch', () => editedLeaf(isKind('loan', 'open'), (leaf) => (leaf.subject = reverseHex(leaf.subject)))],
    ['with a leaf that points elsewhere', 'leaf-pointer-mismatch', () => editedLeaf(permit(), (leaf) => (leaf.grantTransition = { ...(leaf.grantTransition as Value), entry: 'ab'.repeat(32) }))],
    ['with a leaf that points ahead', 'leaf-pointer-mismatch', () => editedLeaf(permit(), (leaf) => (leaf.grantTransition = { ...(leaf.grantTransition as Value), index: 9_999 }))],
    ['with a release whose leaf names no transition', 'leaf-pointer-mismatch', () => editedLeaf(permit(), (leaf) => delete leaf.grantTransition)],
    ['with a leaf under another number', 'leaf-position-mismatch', () => editedLeaf(permit(), (leaf) => (leaf.index = 1))],
    ['with a leaf that is none', 'leaf-malformed', () => edited(permit(), (value) => (value.leaf = '{}'))],
    ['with a path cut short', 'leaf-not-included', () => edited(permit(), (value) => (value.path = (value.path as string[]).slice(1)))],
    ['with a path in another order', 'leaf-not-included', () => edited(permit(), (value) => (value.path as string[]).reverse())],
    ['with another leaf\u2019s path', 'leaf-not-included', () => edited(permit(), (value) => (value.path = json(isKind('enterprise')).path))],
    ['with a path that is no base64', 'leaf-not-included', () => edited(permit(), (value) => (value.path = (value.path as string[]).map(() => '*')))],
    ['without the grant\u2019s letter', 'fact-missing', () => without(isKind('grant', 'grant'))],
    ['without the revocation that a denial rests on', 'fact-missing', () => without(isKind('grant', 'revoke'))],
    ['without the enterprise', 'fact-missing', () => without(isKind('enterprise'))],
    ['without the loan', 'fact-missing', () => without(isKind('loan'))],
    ['without the batch', 'fact-missing', () => without(isKind('ingest-batch'))],
    ['without the template', 'fact-missing', () => without(isKind('template'))],
    ['with another name in the identity', 'identity-digest-mismatch', () => edited(starting('letters/'), (value) => ((value.identity as Value).name = '另一有限公司'))],
    ['with another salt of the identity', 'identity-digest-mismatch', () => edited(starting('letters/'), (value) => (value.identitySalt = 'A'.repeat(43)))],
    ['with another letter to read', 'letter-text-mismatch', () => edited(starting('letters/'), (value) => ((value.zh as Value).text = '1 不授权'))],
    ['with another title in English', 'letter-text-mismatch', () => edited(starting('letters/'), (value) => ((value.en as Value).title = 'Another'))],
    ['with a letter of no grant', 'fact-foreign', () => (parts) => parts.map((part) => (part.name === starting('letters/') ? { ...part, name: `letters/${'ab'.repeat(16)}.json` } : part))],
    ['with another template than the letter names', 'template-digest-mismatch', () => editedEvent(isKind('template'), (event) => ((event.record as Value).longestRetentionDays = 1))],
    ['with a receipt of another payload', 'receipt-mismatch', () => edited(starting('receipts/'), (value) => (value.payloadDigest = 'ab'.repeat(32)))],
    ['with a receipt at another position', 'receipt-mismatch', () => edited(starting('receipts/'), (value) => ((value.position as Value).item = 9))],
    ['with a receipt of another block', 'receipt-mismatch', () => edited(starting('receipts/'), (value) => ((value.head as Value).hash = 'ab'.repeat(32)))],
    ['with a receipt of another time', 'receipt-signature-invalid', () => edited(starting('receipts/'), (value) => ((value.head as Value).time = '2026-01-02T00:00:00.000Z'))],
    ['with the high-S twin of a receipt\u2019s signature', 'signature-not-low-s', () => edited(starting('receipts/'), twin)],
    ['with a receipt by an unknown key', 'receipt-signature-invalid', () => edited(starting('receipts/'), (value) => (value.keyId = 'ab'.repeat(16)))],
    ['with a receipt of no release', 'fact-foreign', () => (parts) => parts.map((part) => (part.name === starting('receipts/') ? { ...part, name: `receipts/${'ab'.repeat(16)}-0.json` } : part))],
    ['with a statement signed for another ledger', 'statement-network-foreign', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).envelope as Value).network = 'ab'.repeat(16)))],
    ['with another statement than was signed', 'statement-digest-mismatch', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).statement as Value).retentionDays = 366))],
    ['with an envelope of another time', 'statement-out-of-time', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).envelope as Value).submitBefore = '2025-12-31T00:00:00.000Z'))],
    ['with another nonce', 'statement-signature-invalid', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).envelope as Value).nonce = 'A'.repeat(22)))],
    ['with a signature by an unknown key', 'statement-key-unknown', () => editedEvent(isKind('grant', 'grant'), (event) => (((event.signed as Value).signatures as Value[])[0] as Value).keyId = 'ab'.repeat(16))],
    ['with the high-S twin of a letter\u2019s signature', 'signature-not-low-s', () => editedEvent(isKind('grant', 'grant'), (event) => twin(((event.signed as Value).signatures as Value[])[0] as Value))],
    ['with a letter signed by SM2 under another user id', 'statement-signature-invalid', () => signedWithSm2(editor, 'ALICE123@YAHOO.COM')],
    ['with no signature', 'statement-signature-invalid', () => editedEvent(isKind('grant', 'grant'), (event) => ((event.signed as Value).signatures = []))],
    ['with a key that was lost before', 'statement-key-not-live', () => editedEvents('signatories', (event) => ((event.record as Value).keys as Value[]).forEach((key) => (key.state = 'LOST')))],
    ['with a grant wider than its letter', 'grant-differs-from-letter', () => editedEvent(isKind('grant', 'grant'), (event) => ((event.record as Value).until = '2027-01-01T00:00:00.000Z'))],
    ['with terms that change at a transition', 'grant-differs-from-letter', () => editedEvent(isKind('grant', 'revoke'), (event) => ((event.record as Value).retentionDays = 1))],
    ['with a revocation shown as suspension', 'grant-differs-from-letter', () => editedEvent(isKind('grant', 'revoke'), (event) => ((event.record as Value).state = 'SUSPENDED'))],
    ['with a permit while the grant is revoked', 'grant-not-in-force', () => editedEvent(isKind('grant', 'grant'), (event) => ((event.record as Value).state = 'REVOKED'))],
    ['with a permit under another version', 'grant-not-in-force', () => editedEvent(permit(), (event) => ((event.release as Value).grantVersion = 2))],
    ['with a denial for another reason', 'decision-differs', () => editedEvent(denial(), (event) => ((event.release as Value).reason = 'grant-expired'))],
    ['with a release to another recipient', 'request-signature-invalid', () => editedEvent(permit(), (event) => ((event.release as Value).recipient = 'platform-one'))],
    ['with a request that nobody signed', 'request-signature-invalid', () => editedEvent(permit(), (event) => delete (event.release as Value).requestSignature)],
    ['with the high-S twin of a request\u2019s signature', 'signature-not-low-s', () => editedEvent(permit(), (event) => twin((event.release as Value).requestSignature as Value))],
    ['with a request under another key of idempotency', 'request-signature-invalid', () => editedEvent(permit(), (event) => ((event.release as Value).idempotencyKey = 'other'))],
  ];
}
