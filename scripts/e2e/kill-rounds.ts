import { randomInt, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { SigningKeyFile } from '../../gateway/src/signing-key-file';
import { aLetter, aRelease, ask, call, signedSet, type Answered } from './gateway-calls';
import type { Place } from './kesu-process';

/** Who carries everything here. */
const TOKEN = 'demo-platform';
const LETTERS_A_SET = 20;

/** A request that was sent, with its answer if one came. */
export interface Attempt {
  readonly kind: 'RELEASE' | 'GRANT' | 'REVOCATION';
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
  /** The grants it is about or would make. */
  readonly grants: readonly string[];
  answered?: Answered;
}

/** What a release's answer holds, as far as it is looked at. */
export interface ReleaseTold {
  readonly id: string;
  readonly decision: string;
  readonly position: unknown;
  readonly data?: unknown;
}

/** The release in an answer. */
export function releaseIn({ body }: Answered): ReleaseTold {
  const { release, position, data } = body as { release: { id: string; decision: string }; position: unknown; data?: unknown };
  return { id: release.id, decision: release.decision, position, data };
}

interface Given {
  readonly key: SigningKeyFile;
  readonly grantId: string;
}

/** Concurrent releases, grants and revocations, until the gateway is gone. */
export class Stream {
  readonly attempts: Attempt[] = [];
  readonly #given: Given[] = [];
  readonly #unused: Given[] = [];
  readonly #events = new EventEmitter().setMaxListeners(0);
  #isOver = false;

  constructor(
    private readonly place: Place,
    private readonly keys: readonly SigningKeyFile[],
  ) {}

  /** Runs until {@link end}. */
  async run(): Promise<void> {
    await Promise.all([this.#grants(), this.#grants(), this.#releases(), this.#releases(), this.#releases(), this.#releases(), this.#revocations(), this.#revocations()]);
  }

  /** No further request is sent. */
  end(): void {
    this.#isOver = true;
    this.#events.emit('answer');
  }

  /** Resolves at the next answer, or when the gateway is gone. */
  async next(): Promise<void> {
    await once(this.#events, 'answer');
  }

  async #send(kind: Attempt['kind'], path: string, body: unknown, grants: readonly string[]): Promise<Answered | undefined> {
    const attempt: Attempt = { kind, path, body, key: randomUUID(), grants };
    this.attempts.push(attempt);
    const answered = await call(this.place, 'POST', path, TOKEN, body, attempt.key);
    if (answered === undefined) this.#isOver = true;
    else attempt.answered = answered;
    // Behind what the caller does with the answer.
    setImmediate(() => this.#events.emit('answer'));
    return answered;
  }

  async #grants(): Promise<void> {
    while (!this.#isOver) {
      const key = this.keys[randomInt(this.keys.length)];
      if (key === undefined) return;
      const set = await signedSet(this.place, key, { letters: Array.from({ length: LETTERS_A_SET }, () => aLetter()) });
      if (set === undefined || this.#isOver) return;
      const answered = await this.#send('GRANT', '/v1/grants', set.body, set.grants);
      if (answered?.status !== 201) continue;
      for (const grantId of set.grants) {
        this.#given.push({ key, grantId });
        this.#unused.push({ key, grantId });
      }
    }
  }

  async #releases(): Promise<void> {
    while (!this.#isOver) {
      const given = randomInt(4) === 0 ? this.#given[randomInt(this.#given.length + 1)] : this.#unused.shift();
      if (given === undefined) await this.next();
      else await this.#send('RELEASE', '/v1/releases', aRelease(given.key, given.grantId), [given.grantId]);
    }
  }

  async #revocations(): Promise<void> {
    while (!this.#isOver) {
      const at = randomInt(this.#given.length + 1);
      const given = this.#given[at];
      if (given === undefined) {
        await this.next();
        continue;
      }
      this.#given.splice(at, 1);
      const set = await signedSet(this.place, given.key, { transitions: [{ grantId: given.grantId, action: 'REVOKE' }] });
      if (set === undefined || this.#isOver) return;
      await this.#send('REVOCATION', '/v1/grants', set.body, [given.grantId]);
    }
  }
}

/** What a round of kills showed. */
export interface Tally {
  acknowledged: number;
  unanswered: number;
  /** Of the unanswered: on the ledger, or surely without effect. */
  done: number;
  withoutEffect: number;
  failed: number;
}

/** After a restart: each attempt has one definite, lasting answer. @returns breaches as sentences. */
export async function breachesOf(place: Place, attempts: readonly Attempt[], tally: Tally): Promise<string[]> {
  const found = await Promise.all(
    attempts.map(async (attempt) => {
      const { kind, key, answered } = attempt;
      const breaches = answered === undefined ? await breachesOfUnanswered(place, attempt, tally) : await breachesOfAnswered(place, attempt, answered, tally);
      return breaches.map((text) => `${kind} ${key}: ${text}`);
    }),
  );
  return found.flat();
}

async function breachesOfAnswered(place: Place, attempt: Attempt, answered: Answered, tally: Tally): Promise<string[]> {
  if (answered.status !== 201 && answered.status !== 200) return isRefusal(answered) ? [] : [`answered ${answered.status} ${JSON.stringify(answered.body)}`];
  tally.acknowledged++;
  if (attempt.kind !== 'RELEASE') return breachesOfGrants(place, attempt, answered);
  const told = releaseIn(answered);
  const found = await ask(place, 'GET', `/v1/releases/${told.id}`, TOKEN);
  if (found.status !== 200) return [`release ${told.id} was answered and is gone: ${found.status}`];
  const breaches = JSON.stringify(found.body.position) === JSON.stringify(told.position) ? [] : [`release ${told.id} stands at another position`];
  if (told.data !== undefined && told.data !== null && found.body.state === 'FAILED') breaches.push(`release ${told.id} was received whole and is FAILED`);
  return breaches;
}

/** A state conflict that the stream itself brings about: revoked twice, or refused while stopping. */
function isRefusal({ status }: Answered): boolean {
  return status === 409 || status === 422 || status === 503;
}

async function breachesOfGrants(place: Place, attempt: Attempt, { body }: Answered): Promise<string[]> {
  const breaches: string[] = [];
  const { block, index, txId } = body.position as { block: number; index: number; txId: string };
  for (const id of attempt.grants) {
    const { status, body: found } = await ask(place, 'GET', `/v1/grants/${id}/history`, TOKEN);
    const entries = (found.entries ?? []) as readonly { position: { block: number; index: number; txId: string } }[];
    const stands = status === 200 && entries.some(({ position }) => position.block === block && position.index === index && position.txId === txId);
    if (!stands) breaches.push(`grant ${id} is not what was answered`);
  }
  return breaches;
}

async function breachesOfUnanswered(place: Place, attempt: Attempt, tally: Tally): Promise<string[]> {
  tally.unanswered++;
  const first = await ask(place, 'GET', `/v1/operations/${attempt.key}`, TOKEN);
  const second = await ask(place, 'GET', `/v1/operations/${attempt.key}`, TOKEN);
  const state = first.status === 404 ? 'NONE' : String(first.body.state);
  if (state === 'PENDING' || first.body.state !== second.body.state) return [`has no definite answer: ${state}`];
  const before = state === 'DONE' && attempt.kind === 'RELEASE' ? await ask(place, 'GET', `/v1/releases/${String(first.body.releaseId)}`, TOKEN) : undefined;
  if (state === 'DONE') tally.done++;
  else tally.withoutEffect++;
  if (before?.body.state === 'FAILED') tally.failed++;
  const repeated = await ask(place, 'POST', attempt.path, TOKEN, attempt.body, attempt.key);
  attempt.answered = repeated;
  if (repeated.status !== 201 && repeated.status !== 200) return state === 'DONE' || !isRefusal(repeated) ? [`is ${state}, and repeated ${repeated.status} ${JSON.stringify(repeated.body)}`] : [];
  if (before === undefined) return breachesOfAnswered(place, attempt, repeated, { ...tally });
  const told = releaseIn(repeated);
  const breaches = told.id === first.body.releaseId ? [] : [`is ${String(first.body.releaseId)}, and repeated ${told.id}`];
  if (before.body.state === 'FAILED' && told.data !== null) breaches.push(`release ${told.id} is FAILED and was sent`);
  return breaches;
}

interface Position {
  readonly block: number;
  readonly index: number;
  readonly item: number;
}

interface Row {
  readonly release: { readonly id: string; readonly decision: string; readonly grantId?: string; readonly idempotencyKey?: string };
  readonly state: string;
  readonly position: Position;
}

function isBefore(one: Position, other: Position): boolean {
  return one.block - other.block !== 0 ? one.block < other.block : one.index !== other.index ? one.index < other.index : one.item < other.item;
}

/** I1 and I7 over everything that the ledger tells of these enterprises. @returns breaches as sentences, and how many releases were looked at. */
export async function breachesOfHistory(place: Place, keys: readonly SigningKeyFile[]): Promise<{ readonly breaches: string[]; readonly releases: number }> {
  const breaches: string[] = [];
  const seen = new Set<string>();
  const used = new Map<string, number>();
  let releases = 0;
  for (const { enterprise } of keys) {
    for (const { release, state, position } of await traceOf(place, enterprise)) {
      releases++;
      const slot = release.idempotencyKey ?? release.id;
      if (seen.has(slot)) breaches.push(`key ${slot} has two effects`);
      seen.add(slot);
      if (release.decision !== 'PERMIT' || release.grantId === undefined) continue;
      const { oneTime, latest } = await transitionsBefore(place, release.grantId, position);
      if (latest !== 'ACTIVE') breaches.push(`release ${release.id} stands where its grant is ${latest}`);
      if (oneTime && state !== 'FAILED') used.set(release.grantId, (used.get(release.grantId) ?? 0) + 1);
    }
  }
  for (const [grant, times] of used) if (times > 1) breaches.push(`one-time grant ${grant} was used ${times} times`);
  return { breaches, releases };
}

async function traceOf(place: Place, enterprise: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor = '';
  do {
    const { body } = await ask(place, 'GET', `/v1/trace/enterprises/${enterprise}?limit=100${cursor}`, 'demo-auditor');
    rows.push(...(body.entries as Row[]));
    cursor = body.next === undefined ? '' : `&cursor=${encodeURIComponent(String(body.next))}`;
  } while (cursor !== '');
  return rows;
}

async function transitionsBefore(place: Place, grantId: string, position: Position): Promise<{ readonly oneTime: boolean; readonly latest: string }> {
  const { body } = await ask(place, 'GET', `/v1/grants/${grantId}/history`, 'demo-auditor');
  const entries = body.entries as readonly { position: Position; record: { state: string; oneTime: boolean } }[];
  const earlier = entries.filter((entry) => isBefore(entry.position, position));
  return { oneTime: entries[0]?.record.oneTime === true, latest: earlier.at(-1)?.record.state ?? 'NOT GIVEN' };
}
