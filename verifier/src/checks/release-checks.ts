import { assertP256Signature, canonicalJson, decide, digestOf, DomainError, hasLimit, isActiveAt, itemVersionIsCovered, participantKeyAt, participantsConcerned, signedRequest, UNUSED, utf8ToBytes, verifyP256WithNoble, type Decision, type DecisionFacts, type Participant, type Release, type ReleaseRequest, type SourceFinding, type UseCounter } from '@kesu/chaincode/domain';
import type { ReceiptPart } from '../bundle';
import { ensure, VerificationFailure } from '../failure';
import type { Facts, ReleaseFact } from '../facts';
import { absent, holds, unknown, type Check } from './check';

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
  const again = decide(factsFor(fact, grant, facts));
  const words = again.decision === 'PERMIT' ? 'PERMIT' : `DENY ${again.reason}`;
  ensure(isSame(again, release), 'decision-differs', `leaf ${leaf.index} says ${release.decision} ${release.reason ?? ''}, decided again it is ${words}`);
}

function isSame(again: Decision, { decision, reason, failedItem }: Release): boolean {
  return again.decision === 'PERMIT' ? decision === 'PERMIT' : decision === 'DENY' && again.reason === reason && again.item === failedItem;
}

function factsFor({ leaf, event }: ReleaseFact, grant: DecisionFacts['grant'], facts: Facts): DecisionFacts {
  const { release } = event;
  const ruleBook = facts.need('rule-book', 'current', leaf.index);
  const parties = { request: requestOf(release), requester: release.requester, sender: release.sender, grant, ruleBook };
  return {
    ...parties,
    at: release.claimedTime,
    participants: participantsOf(parties, leaf.index, facts),
    enterprise: facts.need('enterprise', release.enterprise, leaf.index),
    counter: grant !== undefined && hasLimit(grant) ? counterBefore(event, grant) : undefined,
    loan: release.loanRef === undefined ? undefined : facts.need('loan', release.loanRef, leaf.index),
    basisRelease: continuedBy(release, leaf.index, facts),
    sources: release.decision === 'PERMIT' ? sourcesOf(release, ruleBook, leaf.index, facts) : undefined,
  };
}

function participantsOf(parties: Parameters<typeof participantsConcerned>[0], index: number, facts: Facts): Map<string, Participant> {
  const listed = participantsConcerned(parties).filter((id) => parties.ruleBook.participants[id] !== undefined);
  return new Map(listed.map((id) => [id, facts.need('participant', id, index)]));
}

function continuedBy({ basisReleaseId }: Release, index: number, facts: Facts): Release | undefined {
  if (basisReleaseId === undefined) return undefined;
  const continued = facts.releases.find(({ event }) => event.release.id === basisReleaseId);
  if (continued === undefined) throw new VerificationFailure('fact-missing', `the release that leaf ${index} continues is not in the bundle`);
  return continued.event.release;
}

/** The request as it was decided: what the release repeats of it. */
function requestOf({ enterprise, recipient, items, purpose, basis, grantId, loanRef, range, operator, statutory, basisReleaseId }: Release): ReleaseRequest {
  const given = { loanRef, range, operator, statutory, basisReleaseId, grantId, basis };
  return {
    enterprise,
    recipient,
    items: items.map(({ code, granularity }) => ({ code, granularity })),
    purpose,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** The event holds the count after the release: before it was one less. */
function counterBefore(event: ReleaseFact['event'] & { readonly counter?: UseCounter }, grant: NonNullable<DecisionFacts['grant']>): UseCounter {
  const { counter } = event;
  if (counter === undefined) return UNUSED;
  const { usedBy, ...rest } = counter;
  const isOwn = usedBy === undefined || usedBy === event.release.id;
  return { ...rest, ...(isOwn || !grant.oneTime ? {} : { usedBy }), times: Math.max(0, counter.times - 1) };
}

/** A batch that is shown must be accepted; an answer of a source was verified by the contract, and its digest stands in the release. */
function sourcesOf(release: Release, ruleBook: DecisionFacts['ruleBook'], index: number, facts: Facts): Map<string, SourceFinding> {
  return new Map(
    release.items.map(({ code, batchId, answerDigest }): [string, SourceFinding] => {
      if (batchId === undefined) return [code, answerDigest === undefined ? 'NOT_ACCEPTED' : 'ACCEPTED'];
      const batch = facts.need('ingest-batch', batchId, index);
      const rule = ruleBook.items[code];
      const isAccepted = batch.state === 'ACCEPTED' && rule !== undefined && batch.manifest.item === code && batch.manifest.provider === rule.provider && itemVersionIsCovered(rule, batch.manifest.itemVersion);
      return [code, isAccepted ? 'ACCEPTED' : 'NOT_ACCEPTED'];
    }),
  );
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
  const body = bodiesOf(release).find((one) => digestOf(one) === release.bodyDigest);
  ensure(body !== undefined, 'request-signature-invalid', `the request of leaf ${leaf.index} is not what the release says`);
  const key = participantKeyAt(facts.need('participant', release.requester, leaf.index), requestSignature.keyId, release.claimedTime);
  ensure(key !== undefined, 'request-signature-invalid', `the key of the request of leaf ${leaf.index} did not count`);
  const value = signedRequest(network, body, release.idempotencyKey, requestSignature.requestedAt);
  assertSignedBy(key.publicKey, value, requestSignature.signature, 'request-signature-invalid', leaf.index);
}

/** A request may leave out the grant that the sender found, and the basis that is meant by itself. */
function bodiesOf(release: Release): ReleaseRequest[] {
  const { grantId: _grantId, ...withoutGrant } = requestOf(release);
  const { basis: _basis, ...withoutBasis } = requestOf(release);
  const { grantId: _also, ...withoutBoth } = withoutBasis;
  return [requestOf(release), withoutGrant, withoutBasis, withoutBoth];
}

function assertSignedBy(publicKey: string, value: unknown, signature: string, code: 'request-signature-invalid' | 'receipt-signature-invalid', index: number): void {
  try {
    assertP256Signature(publicKey, utf8ToBytes(canonicalJson(value)), signature, verifyP256WithNoble);
  } catch (error) {
    if (error instanceof DomainError) throw new VerificationFailure(code, `leaf ${index}: ${error.detail}`);
    throw error;
  }
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
  assertSignedBy(key.publicKey, { type: 'release-receipt', network, releaseId: id, position, head, payloadDigest }, signature, 'receipt-signature-invalid', leaf.index);
}
