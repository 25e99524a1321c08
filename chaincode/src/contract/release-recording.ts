import {
  basisOf,
  canonicalJson,
  countUse,
  decide,
  digestOf,
  DomainError,
  epochMillis,
  hasLimit,
  isAskedLive,
  isPassedOn,
  itemVersionIsCovered,
  marksOn,
  participantKeyAt,
  participantsConcerned,
  REQUEST_SIGNATURE_MILLIS,
  signedRequest,
  UNUSED,
  type DecisionFacts,
  type Grant,
  type ItemSource,
  type Participant,
  type Release,
  type ReleasedItem,
  type ReleaseRequest,
  type SourceFinding,
  type UseCounter,
} from '../domain';
import type { RequestedRelease } from '../commands';
import type { RecordedRelease } from '../transactions';
import type { SignedText } from './p256-verification';
import { verifyParticipantSignature } from './participant-signature';
import { recordedRelease } from './recorded-release';
import type { RunningTransaction } from './transact';
import type { WorldState } from './world-state';

/** How far before the claimed time a live answer may have been signed, milliseconds. */
export const SOURCE_ANSWER_MILLIS = 15 * 60 * 1000;

/**
 * Verifies the signatures of a batch beside each other, which are most of its work, before its requests are decided in order. Reads the
 * participants of the requests and nothing else.
 */
export async function prepareSignatures(running: RunningTransaction, requests: readonly RequestedRelease[]): Promise<void> {
  if (requests.length < 2) return;
  const signed: SignedText[] = [];
  for (const requested of requests) {
    const { request, requester, requestSignature, idempotencyKey, sources } = requested;
    const participants = await loadParticipants(running, participantsConcerned({ request, requester, sender: running.caller.id, grant: undefined, ruleBook: running.ruleBook }));
    const add = (signer: string | undefined, proof: { readonly keyId: string; readonly signature: string }, value: () => unknown): void => {
      const participant = signer === undefined ? undefined : participants.get(signer);
      const key = participant === undefined ? undefined : participantKeyAt(participant, proof.keyId, running.at);
      if (key !== undefined) signed.push({ publicKey: key.publicKey, signature: proof.signature, text: canonicalJson(value()) });
    };
    if (requestSignature !== undefined) add(requester, requestSignature, () => signedRequest(running.ruleBook.network, request, idempotencyKey, requestSignature.requestedAt));
    for (const source of sources) if (source.kind === 'ANSWER') add(running.ruleBook.items[source.code]?.provider, source, () => source.answer);
  }
  await running.verification.prepare(signed);
}

/**
 * Decides one request of a batch and records the decision. What is wrong with the request (not a reason to deny, but a
 * signature or a form) is this request's answer and stops no other.
 */
export async function recordRelease(running: RunningTransaction, id: string, requested: RequestedRelease): Promise<RecordedRelease> {
  try {
    assertSenderMayCarry(running, requested);
    const facts = await factsOf(running, requested);
    assertRequester(running, requested, facts.participants);
    const decision = decide(facts);
    if (decision.decision === 'DENY') {
      const { reason, item } = decision;
      return record(running, releaseOf(running, id, requested, facts, { decision: 'DENY', reason, ...(item === undefined ? {} : { failedItem: item }) }));
    }
    if (requested.payload === undefined) return { kind: 'WOULD_PERMIT' };
    const { digest, byteCount } = requested.payload;
    assertPassedOnUnchanged(facts, requested.payload);
    return record(running, releaseOf(running, id, requested, facts, { decision: 'PERMIT', payloadDigest: digest, byteCount }), facts);
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'REFUSED', code: error.code, detail: error.detail };
    throw error;
  }
}

function record(running: RunningTransaction, release: Release, facts?: DecisionFacts): RecordedRelease {
  const counter = facts === undefined ? undefined : usedBy(running, release, facts);
  running.events.push({ kind: 'release', release, ...(counter === undefined ? {} : { counter }) });
  return { kind: 'RECORDED', release };
}

/** Writes down the use that a PERMIT is: of a grant with a limit, or of the release to a conduit that it passes on. */
function usedBy(running: RunningTransaction, release: Release, facts: DecisionFacts): UseCounter | undefined {
  const { grant, counter, basisRelease } = facts;
  if (isPassedOn(facts) && basisRelease !== undefined) {
    running.world.put('passed-on', basisRelease.id, { by: release.id });
    return undefined;
  }
  if (grant === undefined || release.basis !== 'GRANT' || !hasLimit(grant)) return undefined;
  const counted = countUse(grant, counter ?? UNUSED, release.id, running.at);
  running.world.put('use-counter', grant.id, counted);
  return counted;
}

/**
 * A conduit passes on the very bytes that it received: it may neither keep nor use them.
 * @throws DomainError digest-mismatch.
 */
function assertPassedOnUnchanged(facts: DecisionFacts, { digest, byteCount }: NonNullable<RequestedRelease['payload']>): void {
  const { basisRelease } = facts;
  if (!isPassedOn(facts) || (basisRelease?.payloadDigest === digest && basisRelease.byteCount === byteCount)) return;
  throw DomainError.of('digest-mismatch', 'a conduit passes on exactly what it received: the payload digest is another');
}

/** The node sends what it fetched; a platform only what it holds itself. */
function assertSenderMayCarry({ caller, ruleBook }: RunningTransaction, { selfReported, request }: RequestedRelease): void {
  if (selfReported === (caller.id === ruleBook.node)) throw DomainError.of('role-not-allowed', 'a platform records releases of data that it holds itself, the node those that it sends');
  if (selfReported && request.basis !== undefined && request.basis !== 'GRANT' && request.basis !== 'PUBLIC') throw DomainError.of('role-not-allowed', 'only the node answers self-queries and queries by law');
}

function assertRequester(running: RunningTransaction, { request, requester, requestSignature, idempotencyKey }: RequestedRelease, participants: ReadonlyMap<string, Participant>): void {
  if (basisOf(request) === 'SELF') {
    if (requestSignature !== undefined) throw DomainError.of('malformed-command', 'a self-query has no requester but the enterprise');
    return;
  }
  if (requestSignature === undefined) throw DomainError.of('request-signature-invalid', "the requester's signature is missing");
  const { requestedAt } = requestSignature;
  const age = epochMillis(running.at) - epochMillis(requestedAt);
  if (age > REQUEST_SIGNATURE_MILLIS || age < -30_000) throw DomainError.of('request-signature-invalid', 'the request was signed more than 5 minutes ago, or in the future');
  verifyParticipantSignature(running, participants.get(requester), requestSignature, signedRequest(running.ruleBook.network, request, idempotencyKey, requestedAt));
}

/** The grant that the requester signed for; where it named none, the one that the sender found. */
function namedGrant({ request, grantId }: RequestedRelease): string | undefined {
  return basisOf(request) === 'GRANT' ? (request.grantId ?? grantId) : undefined;
}

async function factsOf(running: RunningTransaction, requested: RequestedRelease): Promise<DecisionFacts> {
  const { request, requester, sources, payload } = requested;
  const { world, ruleBook, caller, at } = running;
  const grantId = namedGrant(requested);
  const named = grantId === undefined ? undefined : await world.get('grant', grantId);
  // Another enterprise's grant is none: neither its parties nor its id go into this enterprise's record.
  const grant = named?.enterprise === request.enterprise ? named : undefined;
  const known = { request, requester, sender: caller.id, grant, ruleBook };
  const participants = await loadParticipants(running, participantsConcerned(known));
  const basis = await basisOfRequest(world, request, grant);
  return {
    ...known,
    at,
    participants,
    enterprise: await world.get('enterprise', request.enterprise),
    counter: grant !== undefined && hasLimit(grant) ? await world.get('use-counter', grant.id) : undefined,
    loan: request.loanRef === undefined ? undefined : await world.get('loan', request.loanRef),
    ...basis,
    sources: payload === undefined ? undefined : await findingsOn(running, request.enterprise, sources, participants),
  };
}

/** The release that the request continues, and whether it is spent where it may be continued once only. */
async function basisOfRequest(world: WorldState, request: ReleaseRequest, grant: Grant | undefined): Promise<Pick<DecisionFacts, 'basisRelease' | 'basisIsSpent'>> {
  if (request.basisReleaseId === undefined) return { basisRelease: undefined };
  const basisRelease = await recordedRelease(world, request.basisReleaseId);
  return isPassedOn({ grant, request, basisRelease }) ? { basisRelease, basisIsSpent: await isSpent(world, request.basisReleaseId) } : { basisRelease };
}

/** A release to a conduit is passed on once, and only when it was not reported as never sent. */
async function isSpent(world: WorldState, releaseId: string): Promise<boolean> {
  if ((await world.get('passed-on', releaseId)) !== undefined) return true;
  return (await world.get('outcome', releaseId))?.outcome === 'FAILED';
}

async function loadParticipants(running: RunningTransaction, ids: readonly string[]): Promise<Map<string, Participant>> {
  const participants = new Map<string, Participant>();
  for (const id of ids) {
    const participant = running.ruleBook.participants[id] === undefined ? undefined : await running.world.get('participant', id);
    if (participant !== undefined) participants.set(id, participant);
  }
  return participants;
}

async function findingsOn(running: RunningTransaction, enterprise: string, sources: readonly ItemSource[], participants: ReadonlyMap<string, Participant>): Promise<Map<string, SourceFinding>> {
  const findings = new Map<string, SourceFinding>();
  for (const source of sources) {
    const accepted = source.kind === 'BATCH' ? await batchIsAccepted(running, source) : answerIsAccepted(running, enterprise, source, participants);
    findings.set(source.code, accepted && !findings.has(source.code) ? 'ACCEPTED' : 'NOT_ACCEPTED');
  }
  return findings;
}

async function batchIsAccepted({ world, ruleBook }: RunningTransaction, source: Extract<ItemSource, { kind: 'BATCH' }>): Promise<boolean> {
  const rule = ruleBook.items[source.code];
  const batch = await world.get('ingest-batch', source.batchId);
  if (rule === undefined || batch?.state !== 'ACCEPTED') return false;
  return batch.manifest.item === source.code && batch.manifest.provider === rule.provider && itemVersionIsCovered(rule, batch.manifest.itemVersion);
}

/** A live answer counts as its own batch: signed by the item's provider, about this enterprise, fresh. */
function answerIsAccepted(running: RunningTransaction, enterprise: string, source: Extract<ItemSource, { kind: 'ANSWER' }>, participants: ReadonlyMap<string, Participant>): boolean {
  const { answer } = source;
  const rule = running.ruleBook.items[source.code];
  if (rule === undefined || !isAskedLive(rule.mode) || answer.item !== source.code || answer.itemVersion !== rule.version) return false;
  if (answer.network !== running.ruleBook.network || answer.subjectRef !== enterprise) return false;
  const age = epochMillis(running.at) - epochMillis(answer.time);
  if (age > SOURCE_ANSWER_MILLIS || age < -30_000) return false;
  try {
    verifyParticipantSignature(running, participants.get(rule.provider), source, answer);
    return true;
  } catch {
    return false;
  }
}

function releaseOf(
  running: RunningTransaction,
  id: string,
  requested: RequestedRelease,
  facts: DecisionFacts,
  outcome: Pick<Release, 'decision'> & Partial<Pick<Release, 'reason' | 'failedItem' | 'payloadDigest' | 'byteCount'>>,
): Release {
  const { request, requester, idempotencyKey, requestSignature, selfReported } = requested;
  const { grant } = facts;
  const { items: _items, basis: _basis, grantId: _grantId, ...asked } = request;
  return {
    ...asked,
    id,
    ...outcome,
    basis: basisOf(request),
    ...(grant === undefined ? {} : { grantId: grant.id, grantVersion: grant.version, platform: grant.platform }),
    ...(grant?.conduit === undefined ? {} : { conduit: grant.conduit }),
    requester,
    sender: running.caller.id,
    items: request.items.map((item) => releasedItem(item, requested, facts)),
    selfReported,
    bodyDigest: digestOf(request),
    idempotencyKey,
    ...(requestSignature === undefined ? {} : { requestSignature }),
    claimedTime: running.at,
  };
}

function releasedItem({ code, granularity }: { code: string; granularity: ReleasedItem['granularity'] }, requested: RequestedRelease, facts: DecisionFacts): ReleasedItem {
  const rule = facts.ruleBook.items[code];
  const origin = originOf(code, requested, facts);
  return {
    code,
    granularity,
    version: rule?.version ?? 0,
    ...(rule === undefined ? {} : { provider: rule.provider }),
    ...origin,
    disputes: facts.enterprise === undefined ? [] : marksOn(facts.enterprise, code, origin.batchId),
  };
}

/**
 * The batch or signed answer an item's records came from; what continues a release and brings no source has that release's. Of two sources none is
 * recorded: neither was accepted, and a re-run must not find one that is.
 */
function originOf(code: string, { sources }: RequestedRelease, { basisRelease, request }: DecisionFacts): Pick<ReleasedItem, 'batchId' | 'answerDigest'> {
  const [source, second] = sources.filter((known) => known.code === code);
  if (second !== undefined) return {};
  if (source?.kind === 'BATCH') return { batchId: source.batchId };
  if (source?.kind === 'ANSWER') return { answerDigest: digestOf(source.answer) };
  return basisRelease?.enterprise === request.enterprise ? continuedOrigin(basisRelease.items.find((item) => item.code === code)) : {};
}

function continuedOrigin(item: ReleasedItem | undefined): Pick<ReleasedItem, 'batchId' | 'answerDigest'> {
  return { ...(item?.batchId === undefined ? {} : { batchId: item.batchId }), ...(item?.answerDigest === undefined ? {} : { answerDigest: item.answerDigest }) };
}
