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
  present,
  REQUEST_SIGNATURE_MILLIS,
  signedRequestOf,
  UNUSED,
  type DecisionFacts,
  type IngestBatch,
  type ItemSource,
  type Participant,
  type Release,
  type ReleasedItem,
  type SourceFinding,
  type UseCounter,
} from '../domain';
import type { RequestedRelease } from '../commands';
import type { RecordedRelease } from '../transactions';
import type { SignedText } from './p256-verification';
import { verifyParticipantSignature } from './participant-signature';
import { recordedRelease } from './recorded-release';
import { sha256HexWithNode } from './sha256-node';
import type { RunningTransaction } from './transact';
import type { WorldState } from './world-state';

/** How far before the claimed time a live answer may have been signed, milliseconds. */
export const SOURCE_ANSWER_MILLIS = 15 * 60 * 1000;

/**
 * Decides the requests of a batch in their order and records each decision. What is wrong with a request (not a reason to deny, but a
 * signature or a form) is that request's answer and stops no other.
 * @param operation the batch's; a release's id is this and its place in the batch.
 */
export async function recordReleases(running: RunningTransaction, operation: string, requests: readonly RequestedRelease[]): Promise<RecordedRelease[]> {
  const refusals = refusalsBeforeReading(running, requests);
  // What all of them need is asked for before any is decided.
  const prepared = await Promise.all(requests.map(async (requested, index) => ({ requested, answer: refusals[index] ?? (await readFacts(running, requested)) })));
  if (requests.length > 1) await running.verification.prepare(prepared.flatMap(({ requested, answer }) => ('kind' in answer ? [] : signedTexts(running, requested, answer))));
  const releases: RecordedRelease[] = [];
  for (const [index, { requested, answer }] of prepared.entries()) releases.push('kind' in answer ? answer : await recordRelease(running, `${operation}.${index}`, requested, answer));
  return releases;
}

/** Asks for what requests name themselves: {@link readFacts} finds it there, and waits for what only rule book and grant name. */
export async function askForNamed(world: WorldState, requests: readonly RequestedRelease[]): Promise<void> {
  await Promise.all(requests.map((requested) => readNamed(world, requested)));
}

/** By place: the answers to requests that need no look at the ledger. */
function refusalsBeforeReading(running: RunningTransaction, requests: readonly RequestedRelease[]): (RecordedRelease | undefined)[] {
  const asked = new Set<string>();
  return requests.map((requested) => {
    // Across batches the sender's gateway holds one key to one effect (docs/adr/0008): a key of state for each request would double what a release writes.
    const key = `${requested.requester} ${requested.idempotencyKey}`;
    const fault = asked.has(key) ? DomainError.of('already-exists', 'another request of this batch has the same requester and idempotency key') : unfitToCarry(running, requested);
    asked.add(key);
    return fault === undefined ? undefined : refusalFor(fault);
  });
}

function refusalFor({ code, detail }: DomainError): RecordedRelease {
  return { kind: 'REFUSED', code, detail };
}

/** What a request's decision verifies, to be verified beside that of the others: it is most of a batch's work. */
function signedTexts(running: RunningTransaction, { requester, requestSignature, sources }: RequestedRelease, { participants, signedText }: ReadFacts): SignedText[] {
  const signed: SignedText[] = [];
  const add = (signer: string | undefined, proof: { readonly keyId: string; readonly signature: string }, text: string): void => {
    const participant = signer === undefined ? undefined : participants.get(signer);
    const key = participant === undefined ? undefined : participantKeyAt(participant, proof.keyId, running.at);
    if (key !== undefined) signed.push({ publicKey: key.publicKey, signature: proof.signature, text });
  };
  if (requestSignature !== undefined) add(requester, requestSignature, signedText);
  for (const source of sources) if (source.kind === 'ANSWER') add(running.ruleBook.items[source.code]?.provider, source, canonicalJson(source.answer));
  return signed;
}

async function recordRelease(running: RunningTransaction, id: string, requested: RequestedRelease, read: ReadFacts): Promise<RecordedRelease> {
  try {
    // The batch's earlier releases may have used what this one would use.
    const facts = factsOf(running, requested, read, await readUses(running.world, read));
    assertRequester(running, requested, read);
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
    if (error instanceof DomainError) return refusalFor(error);
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
function unfitToCarry({ caller, ruleBook }: RunningTransaction, { selfReported, request }: RequestedRelease): DomainError | undefined {
  if (selfReported === (caller.id === ruleBook.node)) return DomainError.of('role-not-allowed', 'a platform records releases of data that it holds itself, the node those that it sends');
  if (selfReported && request.basis !== undefined && request.basis !== 'GRANT' && request.basis !== 'PUBLIC') return DomainError.of('role-not-allowed', 'only the node answers self-queries and queries by law');
  return undefined;
}

function assertRequester(running: RunningTransaction, { request, requester, requestSignature }: RequestedRelease, { participants, signedText }: ReadFacts): void {
  if (basisOf(request) === 'SELF') {
    if (requestSignature !== undefined) throw DomainError.of('malformed-command', 'a self-query has no requester but the enterprise');
    return;
  }
  if (requestSignature === undefined) throw DomainError.of('request-signature-invalid', "the requester's signature is missing");
  const { requestedAt } = requestSignature;
  const age = epochMillis(running.at) - epochMillis(requestedAt);
  if (age > REQUEST_SIGNATURE_MILLIS || age < -30_000) throw DomainError.of('request-signature-invalid', 'the request was signed more than 5 minutes ago, or in the future');
  verifyParticipantSignature(running, participants.get(requester), requestSignature, signedText);
}

/** The grant that the requester signed for; where it named none, the one that the sender found. */
function namedGrant({ request, grantId }: RequestedRelease): string | undefined {
  return basisOf(request) === 'GRANT' ? (request.grantId ?? grantId) : undefined;
}

/** What a decision reads from the ledger: its facts, but for what its sources are found to be and what was used up meanwhile. */
interface ReadFacts extends Omit<DecisionFacts, 'sources' | keyof Uses> {
  /** By id; absent ones are undefined. Empty where there is no payload: its sources weren't asked yet. */
  readonly batches: ReadonlyMap<string, IngestBatch | undefined>;
  readonly bodyDigest: string;
  /** What the requester signs; empty where nobody signed. */
  readonly signedText: string;
}

/** Reads what a decision needs and nothing else, in two steps: what the request names, then what rule book, grant and continued release name. */
async function readFacts(running: RunningTransaction, requested: RequestedRelease): Promise<ReadFacts> {
  const { request, requester, requestSignature, idempotencyKey } = requested;
  const { world, ruleBook, caller, at } = running;
  const bodyDigest = digestOf(request, sha256HexWithNode);
  const signedText = requestSignature === undefined ? '' : canonicalJson(signedRequestOf(ruleBook.network, bodyDigest, idempotencyKey, requestSignature.requestedAt));
  const [named, basisRelease, enterprise, loan, batches] = await readNamed(world, requested);
  // Another enterprise's grant is none: neither its parties nor its id go into this enterprise's record.
  const grant = named?.enterprise === request.enterprise ? named : undefined;
  const sender = caller.id;
  // What is used up is only brought here: it is looked at when the releases before are decided.
  const [participants] = await Promise.all([readParticipants(running, participantsConcerned({ request, requester, sender, grant, ruleBook })), readUses(world, { grant, request, basisRelease })]);
  return { at, request, requester, sender, ruleBook, enterprise, grant, loan, participants, basisRelease, batches, bodyDigest, signedText };
}

/** What a request names itself. */
function readNamed(world: WorldState, requested: RequestedRelease) {
  const { enterprise, loanRef, basisReleaseId } = requested.request;
  const grantId = namedGrant(requested);
  return Promise.all([
    grantId === undefined ? undefined : world.get('grant', grantId),
    basisReleaseId === undefined ? undefined : recordedRelease(world, basisReleaseId),
    world.get('enterprise', enterprise),
    loanRef === undefined ? undefined : world.get('loan', loanRef),
    readBatches(world, requested),
  ]);
}

/** What releases use up: a grant with a limit, a release to a conduit. */
type Uses = Pick<DecisionFacts, 'counter' | 'basisIsSpent'>;

async function readUses(world: WorldState, { grant, request, basisRelease }: Pick<DecisionFacts, 'grant' | 'request' | 'basisRelease'>): Promise<Uses> {
  const [counter, basisIsSpent] = await Promise.all([
    grant !== undefined && hasLimit(grant) ? world.get('use-counter', grant.id) : undefined,
    isPassedOn({ grant, request, basisRelease }) ? isSpent(world, basisRelease) : undefined,
  ]);
  return { counter, basisIsSpent };
}

/** A release to a conduit is passed on once, and only when it was not reported as never sent. */
async function isSpent(world: WorldState, release: Release | undefined): Promise<boolean | undefined> {
  if (release === undefined) return undefined;
  const { id: releaseId } = release;
  if ((await world.get('passed-on', releaseId)) !== undefined) return true;
  return (await world.get('outcome', releaseId))?.outcome === 'FAILED';
}

async function readParticipants({ ruleBook, world }: RunningTransaction, ids: readonly string[]): Promise<Map<string, Participant>> {
  const listed = ids.filter((id) => ruleBook.participants[id] !== undefined);
  const found = await Promise.all(listed.map((id) => world.get('participant', id)));
  const participants = new Map<string, Participant>();
  for (const participant of found) if (participant !== undefined) participants.set(participant.id, participant);
  return participants;
}

async function readBatches(world: WorldState, { sources, payload }: RequestedRelease): Promise<Map<string, IngestBatch | undefined>> {
  const ids = payload === undefined ? [] : sources.flatMap((source) => (source.kind === 'BATCH' ? [source.batchId] : []));
  return new Map(await Promise.all(ids.map(async (id) => [id, await world.get('ingest-batch', id)] as const)));
}

/** All that a decision looks at, and what its record names besides. */
type Facts = DecisionFacts & Pick<ReadFacts, 'bodyDigest'>;

function factsOf(running: RunningTransaction, requested: RequestedRelease, read: ReadFacts, { counter, basisIsSpent }: Uses): Facts {
  return { ...read, counter, basisIsSpent, sources: findingsOf(running, requested, read) };
}

function findingsOf(running: RunningTransaction, { request, sources, payload }: RequestedRelease, { batches, participants }: ReadFacts): DecisionFacts['sources'] {
  if (payload === undefined) return undefined;
  const findings = new Map<string, SourceFinding>();
  for (const source of sources) {
    const accepted = source.kind === 'BATCH' ? batchIsAccepted(running, source, batches.get(source.batchId)) : answerIsAccepted(running, request.enterprise, source, participants);
    findings.set(source.code, accepted && !findings.has(source.code) ? 'ACCEPTED' : 'NOT_ACCEPTED');
  }
  return findings;
}

function batchIsAccepted({ ruleBook }: RunningTransaction, source: Extract<ItemSource, { kind: 'BATCH' }>, batch: IngestBatch | undefined): boolean {
  const rule = ruleBook.items[source.code];
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
    verifyParticipantSignature(running, participants.get(rule.provider), source, canonicalJson(answer));
    return true;
  } catch {
    return false;
  }
}

/** Each member by name: spreading objects into one another costs thirty times as much, for every release. */
function releaseOf(running: RunningTransaction, id: string, requested: RequestedRelease, facts: Facts, outcome: Pick<Release, 'decision'> & Partial<Pick<Release, 'reason' | 'failedItem' | 'payloadDigest' | 'byteCount'>>): Release {
  const { request, requester, idempotencyKey, requestSignature, selfReported } = requested;
  const { enterprise, recipient, purpose, loanRef, range, operator, statutory, basisReleaseId } = request;
  const { decision, reason, failedItem, payloadDigest, byteCount } = outcome;
  const { grant, bodyDigest } = facts;
  return present({
    id,
    decision,
    reason,
    failedItem,
    basis: basisOf(request),
    grantId: grant?.id,
    grantVersion: grant?.version,
    enterprise,
    requester,
    sender: running.caller.id,
    platform: grant?.platform,
    conduit: grant?.conduit,
    recipient,
    purpose,
    loanRef,
    items: request.items.map((item) => releasedItem(item, requested, facts)),
    range,
    operator,
    statutory,
    basisReleaseId,
    selfReported,
    bodyDigest,
    idempotencyKey,
    requestSignature,
    payloadDigest,
    byteCount,
    claimedTime: running.at,
  });
}

function releasedItem({ code, granularity }: { code: string; granularity: ReleasedItem['granularity'] }, requested: RequestedRelease, facts: Facts): ReleasedItem {
  const rule = facts.ruleBook.items[code];
  const { batchId, answerDigest } = originOf(code, requested, facts);
  return present({ code, granularity, version: rule?.version ?? 0, provider: rule?.provider, batchId, answerDigest, disputes: facts.enterprise === undefined ? [] : marksOn(facts.enterprise, code, batchId) });
}

/**
 * The batch or signed answer an item's records came from; what continues a release and brings no source has that release's. Of two sources none is
 * recorded: neither was accepted, and a re-run must not find one that is.
 */
function originOf(code: string, { sources }: RequestedRelease, { basisRelease, request }: DecisionFacts): Pick<ReleasedItem, 'batchId' | 'answerDigest'> {
  const [source, second] = sources.filter((known) => known.code === code);
  if (second !== undefined) return {};
  if (source?.kind === 'BATCH') return { batchId: source.batchId };
  if (source?.kind === 'ANSWER') return { answerDigest: digestOf(source.answer, sha256HexWithNode) };
  return basisRelease?.enterprise === request.enterprise ? continuedOrigin(basisRelease.items.find((item) => item.code === code)) : {};
}

function continuedOrigin(item: ReleasedItem | undefined): Pick<ReleasedItem, 'batchId' | 'answerDigest'> {
  return { ...(item?.batchId === undefined ? {} : { batchId: item.batchId }), ...(item?.answerDigest === undefined ? {} : { answerDigest: item.answerDigest }) };
}
