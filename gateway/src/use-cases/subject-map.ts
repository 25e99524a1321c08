import { canonicalJson, instantOf, shanghaiDate } from '@kesu/chaincode/domain';
import type { JournalChange } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Requester } from '../requester';
import { keyedDigest, type SecretParts } from './secrets';

/** What the node knows of an enterprise besides the ledger: its name, its code, its people. Never on the ledger, never in a log (I16). */
export interface Subject {
  readonly ref: string;
  /** Registered name, in NFC. */
  readonly name: string;
  /** Unified social credit code. */
  readonly creditCode: string;
  /** Names of persons by the pseudonyms that stand on the ledger. */
  readonly persons: Readonly<Record<string, string>>;
  /** Digest of the registry's document that confirmed a code whose check character fails. */
  readonly codeConfirmedBy?: string;
}

/** Most look-ups of credit codes by one participant in a day of Asia/Shanghai. */
export const MAX_LOOKUPS_PER_DAY = 5_000;

const SUBJECTS = 'subjects';
const BY_CODE = 'subjects-by-code';
/** Tables of the private journal: look-ups by day and participant, and each look-up. */
export const LOOKUP_COUNTS = 'subject-lookup-counts';
export const LOOKUPS = 'subject-lookups';

type MapParts = SecretParts;

/** The subject behind a ref; undefined when this node doesn't know it. */
export async function subjectOf({ store }: Pick<GatewayParts, 'store'>, ref: string): Promise<Subject | undefined> {
  const stored = await store.get(SUBJECTS, ref);
  return stored === undefined ? undefined : (JSON.parse(stored.toString('utf8')) as Subject);
}

/** The ref of a credit code; undefined when no enterprise of that code was registered. */
export async function refOfCode(parts: MapParts, creditCode: string): Promise<string | undefined> {
  const stored = await parts.store.get(BY_CODE, await codeKey(parts, creditCode));
  return stored?.toString('utf8');
}

/** The changes that put a subject into the map, to be committed with others. Keys of the journal hold no code, only its keyed digest. */
export async function subjectChanges(parts: MapParts, subject: Subject): Promise<JournalChange[]> {
  return [
    { table: SUBJECTS, key: subject.ref, value: Buffer.from(canonicalJson(subject), 'utf8') },
    { table: BY_CODE, key: await codeKey(parts, subject.creditCode), value: Buffer.from(subject.ref, 'utf8') },
  ];
}

/** Adds a person's name under its pseudonym. */
export async function rememberPerson(parts: MapParts, ref: string, pseudonym: string, name: string): Promise<void> {
  const subject = await subjectOf(parts, ref);
  if (subject === undefined) throw GatewayError.of('not-found', 'this node does not know the enterprise');
  await parts.store.commit(await subjectChanges(parts, { ...subject, persons: { ...subject.persons, [pseudonym]: name.normalize('NFC') } }));
}

function codeKey(parts: SecretParts, creditCode: string): Promise<string> {
  return keyedDigest(parts, 'credit-codes', creditCode);
}

/**
 * Code → `subjectRef`, for the node and for platforms that registered the enterprise or hold its request. Counted, limited and
 * recorded whether it finds or not, because each answer tells who is registered where.
 * @throws GatewayError not-found (the same when it exists but isn't theirs), rate-limited.
 */
export async function lookUpSubject(parts: Pick<GatewayParts, 'store' | 'random' | 'clock' | 'readModel'>, requester: Requester, creditCode: string): Promise<string> {
  if (requester.kind !== 'PARTICIPANT') throw GatewayError.of('not-allowed', 'codes are looked up by platforms and the node');
  const ref = await refOfCode(parts, creditCode);
  const found = ref !== undefined && mayKnow(parts, requester, ref) ? ref : undefined;
  await countLookup(parts, requester.id, found);
  if (found === undefined) throw GatewayError.of('not-found', 'no such enterprise');
  return found;
}

function mayKnow({ readModel }: Pick<GatewayParts, 'readModel'>, requester: { readonly id: string; readonly role: string }, ref: string): boolean {
  const enterprise = readModel.record('enterprise', ref)?.record;
  if (enterprise === undefined) return false;
  if (requester.role === 'provincialNode' || enterprise.platforms.includes(requester.id)) return true;
  return readModel.list('grant-request', { enterprise: ref, platform: requester.id, state: 'PENDING' }, { limit: 1 }).entries.length > 0;
}

/**
 * Counts and records that a participant learnt something about a code, and what.
 * @throws GatewayError rate-limited.
 */
export async function countLookup({ store, random, clock }: Pick<GatewayParts, 'store' | 'random' | 'clock'>, by: string, found: string | undefined): Promise<void> {
  const at = instantOf(clock.now());
  const countKey = `${shanghaiDate(at)}/${by}`;
  const count = Number((await store.get(LOOKUP_COUNTS, countKey))?.toString('utf8') ?? '0') + 1;
  if (count > MAX_LOOKUPS_PER_DAY) throw GatewayError.of('rate-limited', `a participant looks up at most ${MAX_LOOKUPS_PER_DAY} codes a day`);
  const lookup = canonicalJson({ at, by, ...(found === undefined ? {} : { found }) });
  await store.commit([
    { table: LOOKUP_COUNTS, key: countKey, value: Buffer.from(String(count), 'utf8') },
    { table: LOOKUPS, key: `${at}/${Buffer.from(random(8)).toString('hex')}`, value: Buffer.from(lookup, 'utf8') },
  ]);
}
