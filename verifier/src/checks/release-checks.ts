import { assertP256Signature, canonicalJson, counterOf, decideAgain, digestOf, hasLimit, isActiveAt, participantKeyAt, possibleRequests, signedRequestOf, spends, utf8ToBytes, verifyP256WithNoble, type Decision, type Grant, type ReadAgain, type RecordKinds, type Release, type UseCounter } from '@kesu/chaincode/domain';
import type { ReceiptPart } from '../bundle';
import { ensure, VerificationFailure } from '../failure';
import type { Facts, ReleaseFact } from '../facts';
import { absent, holds, inDomain, unknown, type Check } from './check';

/** Every decision, made again from what the ledger held before it. */
export const decisionCheck: Check = {
  name: 'decisions',
  rule: 'docs/formats/release.md; 征信业管理条例 arts. 13–14, 个人信息保护法 arts. 13–14',
  isRequired: true,
  run: ({ facts, bundle }) => {
    if (facts.releases.length === 0) return absent(bundle, 'no release is in the bundle');
    for (const fact of facts.releases) assertDecision(fact, facts);
    const permits = facts.releases.filter(({ event }) => event.release.decision === 'PERMIT').length;
    return holds(`${permits} permitted and ${facts.releases.length - permits} denied, each decided the same again`, 'the ledger\u2019s records as the issuer shows them; that the grant\u2019s state is the latest, the leaves prove');
  },
};

function assertDecision(fact: ReleaseFact, facts: Facts): void {
  const { release } = fact.event;
  const { leaf } = fact;
  const grant = release.grantId === undefined ? undefined : facts.ofKind('grant').find((one) => one.leaf.index === leaf.grantTransition?.index)?.event.record;
  const needsGrant = release.decision === 'PERMIT' && release.basis === 'GRANT';
  ensure(!needsGrant || (grant !== undefined && isActiveAt(grant, release.claimedTime) && grant.version === release.grantVersion), 'grant-not-in-force', `the grant was not in force at leaf ${leaf.index}`);
  ensure(release.claimedTime === leaf.claimedTime, 'decision-differs', `the release of leaf ${leaf.index} claims another time than its transaction`);
  const again = decideAgain(readAgain(fact, grant, facts));
  const words = again.decision === 'PERMIT' ? 'PERMIT' : `DENY ${again.reason}`;
  ensure(isSame(again, release), 'decision-differs', `leaf ${leaf.index} says ${release.decision} ${release.reason ?? ''}, decided again it is ${words}`);
}

function isSame(again: Decision, { decision, reason, failedItem }: Release): boolean {
  return again.decision === 'PERMIT' ? decision === 'PERMIT' : decision === 'DENY' && again.reason === reason && again.item === failedItem;
}

/** What the decision read, as the bundle shows it. @throws VerificationFailure fact-missing. */
function readAgain(fact: ReleaseFact, grant: Grant | undefined, facts: Facts): ReadAgain {
  const { leaf } = fact;
  const { release } = fact.event;
  // A denied request may name a batch that the ledger doesn't hold.
  const mayBeMissing = (kind: keyof RecordKinds): boolean => kind === 'ingest-batch' && release.decision === 'DENY';
  const record = <K extends keyof RecordKinds>(kind: K, id: string): RecordKinds[K] | undefined => {
    if (kind === 'grant') return grant as RecordKinds[K] | undefined;
    return mayBeMissing(kind) ? facts.before(kind, id, leaf.index)?.event.record : facts.need(kind, id, leaf.index);
  };
  const { basisReleaseId } = release;
  const basisIsSpent = basisReleaseId !== undefined && facts.all.some((one) => one.leaf.index < leaf.index && spends(one.event, basisReleaseId));
  const counter = grant !== undefined && hasLimit(grant) ? counterBefore(fact, grant, facts) : undefined;
  return { release, record, counter, basisRelease: continuedBy(release, leaf.index, facts), basisIsSpent };
}

function continuedBy({ basisReleaseId }: Release, index: number, facts: Facts): Release | undefined {
  if (basisReleaseId === undefined) return undefined;
  const continued = facts.releases.find(({ event }) => event.release.id === basisReleaseId);
  if (continued === undefined) throw new VerificationFailure('fact-missing', `the release that leaf ${index} continues is not in the bundle`);
  return continued.event.release;
}

/** The grant's count before a release. A permitted one holds the count after itself: one less it was before. A denied one counts nothing: the newest count shown before it is the one it met. */
function counterBefore({ leaf, event }: ReleaseFact, grant: Grant, facts: Facts): UseCounter | undefined {
  const { counter, release } = event;
  if (counter === undefined) return newestCounter({ leaf, event }, grant, facts);
  const { usedBy, ...rest } = counter;
  const isOwn = usedBy === undefined || usedBy === release.id;
  return { ...rest, ...(isOwn || !grant.oneTime ? {} : { usedBy }), times: Math.max(0, counter.times - 1) };
}

function newestCounter({ leaf, event }: Pick<ReleaseFact, 'leaf' | 'event'>, { id }: Grant, facts: Facts): UseCounter | undefined {
  const newest = facts.all.findLast((one) => one.leaf.index < leaf.index && counterOf(one.event, id) !== undefined);
  const { reason, basisReleaseId } = event.release;
  const restsOnUse = reason === 'frequency-exceeded' || (reason === 'already-used' && basisReleaseId === undefined);
  ensure(newest !== undefined || !restsOnUse, 'fact-missing', `the use of the grant that the denial of leaf ${leaf.index} rests on is not in the bundle`);
  return newest === undefined ? undefined : counterOf(newest.event, id);
}

/** Who asked, asked. */
export const requestCheck: Check = {
  name: 'request-signatures',
  rule: 'docs/formats/release.md; 人民法院在线诉讼规则 art. 18',
  isRequired: true,
  run: ({ facts, trust, bundle }) => {
    const asked = facts.releases.filter(({ event }) => event.release.basis !== 'SELF');
    for (const fact of asked) assertRequest(fact, facts, trust.file.network);
    return asked.length === 0 ? absent(bundle, 'no signed request is in the bundle') : holds(`${asked.length} requests`, `the request keys of ${[...new Set(asked.map(({ event }) => event.release.requester))].join(', ')}`);
  },
};

function assertRequest({ leaf, event }: ReleaseFact, facts: Facts, network: string): void {
  const { release } = event;
  const { requestSignature } = release;
  ensure(requestSignature !== undefined, 'request-signature-invalid', `the request of leaf ${leaf.index} is not signed`);
  // What is denied may have named a grant that the record leaves out: another enterprise's, or one beside a basis that needs none.
  const namedMore = release.decision === 'DENY' && release.grantId === undefined;
  ensure(namedMore || possibleRequests(release).some((one) => digestOf(one) === release.bodyDigest), 'request-signature-invalid', `the request of leaf ${leaf.index} is not what the release says`);
  const key = participantKeyAt(facts.need('participant', release.requester, leaf.index), requestSignature.keyId, release.claimedTime);
  ensure(key !== undefined, 'request-signature-invalid', `the key of the request of leaf ${leaf.index} did not count`);
  const value = signedRequestOf(network, release.bodyDigest, release.idempotencyKey, requestSignature.requestedAt);
  assertSignedBy(key.publicKey, value, requestSignature.signature, 'request-signature-invalid');
}

function assertSignedBy(publicKey: string, value: unknown, signature: string, code: 'request-signature-invalid' | 'receipt-signature-invalid'): void {
  inDomain(code, () => assertP256Signature(publicKey, utf8ToBytes(canonicalJson(value)), signature, verifyP256WithNoble));
}

/** The receipts that recipients got say the same as the ledger. */
export const receiptCheck: Check = {
  name: 'receipts',
  rule: 'docs/formats/release.md, receipt',
  isRequired: false,
  run: ({ facts, bundle, trust }) => {
    for (const [id, receipt] of bundle.receipts) assertReceipt(id, receipt, facts, trust.file.network);
    return bundle.receipts.size === 0 ? unknown('no receipt is in the bundle') : holds(`${bundle.receipts.size} receipts`, 'the sender\u2019s receipt key');
  },
};

function assertReceipt(id: string, receipt: ReceiptPart, facts: Facts, network: string): void {
  const fact = facts.releases.find(({ event }) => event.release.id === id);
  ensure(fact !== undefined, 'fact-foreign', `the receipt ${id} is of no release in the bundle`);
  const { leaf, event } = fact;
  const { position, head, payloadDigest, keyId, signature } = receipt;
  const isOfBlock = head.block > position.block || (head.block === position.block && head.hash === leaf.blockHash);
  ensure(canonicalJson(position) === canonicalJson(leaf.position) && payloadDigest === event.release.payloadDigest && isOfBlock, 'receipt-mismatch', `the receipt of ${id} says otherwise than the ledger`);
  const key = participantKeyAt(facts.need('participant', event.release.sender, Infinity), keyId, event.release.claimedTime);
  ensure(key !== undefined, 'receipt-signature-invalid', `the key of the receipt of ${id} did not count`);
  assertSignedBy(key.publicKey, { type: 'release-receipt', network, releaseId: id, position, head, payloadDigest }, signature, 'receipt-signature-invalid');
}
