import { z } from 'zod';
import { canonicalJson } from '../canonical-json';
import type { DomainEvent } from '../events';
import { instantSchema } from '../instant';
import { MAX_LEAF_CHARACTERS, MAX_NOTE_BYTES, MAX_PATH_HASHES, leafPositionSchema, subjectDigest, type LogLeaf, type TreeHead } from '../log';
import { idSchema, itemCodeSchema, participantIdSchema } from '../primitives';
import { RELEASE_BASES, type Release } from '../release';
import { assertIncluded, eventOf, leafOf, placeOf } from './proven-fact';
import { StatementError } from './statement-error';

/** The form of a report of use. */
export const USAGE_REPORT_FORMAT = 'kesu-usage-report-1';

/** Longest chain that a report shows. */
export const MAX_REPORT_LEAVES = 20_000;

/** Who received non-public data on which basis. */
export const usageRowSchema = z.strictObject({
  recipient: z.union([participantIdSchema, idSchema]),
  basis: z.enum(RELEASE_BASES),
  /** Permitted releases, and those of them that their sender reported to have failed before the first byte. */
  releases: z.int().min(1),
  failed: z.int().min(0),
  items: z.array(itemCodeSchema),
  firstAt: instantSchema,
  lastAt: instantSchema,
});
export type UsageRow = z.infer<typeof usageRowSchema>;

const pointSchema = z.strictObject({ position: leafPositionSchema, claimedTime: instantSchema });

/** What a report says: these received non-public data between the two points of the ledger, and nobody else did. */
export const usageSchema = z.strictObject({ since: pointSchema, upTo: pointSchema, events: z.int().min(1), rows: z.array(usageRowSchema), denials: z.int().min(0) });
export type Usage = z.infer<typeof usageSchema>;

/**
 * 信息使用情况报告, with everything that its proof needs beside the trust in the checkpoint's signatures: every leaf about the enterprise from its first to the newest, each
 * naming the one before it; the newest one's path to the checkpoint; the events of releases and outcomes. Other events stay undisclosed.
 */
export const usageReportSchema = z.strictObject({
  format: z.literal(USAGE_REPORT_FORMAT),
  network: idSchema,
  enterprise: idSchema,
  /** A C2SP signed note. */
  checkpoint: z.string().max(MAX_NOTE_BYTES),
  /** The newest leaf's inclusion path, base64. */
  path: z.array(z.string().max(44)).max(MAX_PATH_HASHES),
  /** Newest first. */
  leaves: z.array(z.strictObject({ leaf: z.string().max(MAX_LEAF_CHARACTERS), event: z.looseObject({ kind: z.string() }).optional() })).min(1).max(MAX_REPORT_LEAVES),
  usage: usageSchema,
});
export type UsageReport = z.infer<typeof usageReportSchema>;

interface Link {
  readonly leaf: LogLeaf;
  readonly event: unknown;
}

/** What the chain of an enterprise's leaves, newest first, says about who received its non-public data. @throws StatementError facts-missing when a release or outcome lacks its event. */
export function usageIn(chain: readonly Link[]): Usage {
  const oldestFirst = [...chain].reverse();
  const [first, last] = [oldestFirst[0], oldestFirst.at(-1)];
  if (first === undefined || last === undefined) throw new StatementError('facts-missing', 'a report shows at least one leaf');
  const told = oldestFirst.filter(({ leaf: { kind } }) => kind === 'release' || kind === 'outcome').map(shownEvent);
  const releases = told.flatMap((event) => (event.kind === 'release' ? [event.release] : []));
  const failed = new Set(told.flatMap((event) => (event.kind === 'outcome' && event.outcome.outcome === 'FAILED' && event.outcome.bytesSent === 0 ? [event.outcome.releaseId] : [])));
  const permitted = releases.filter(({ decision, basis }) => decision === 'PERMIT' && basis !== 'PUBLIC');
  const point = ({ leaf: { position, claimedTime } }: Link) => ({ position, claimedTime });
  return { since: point(first), upTo: point(last), events: chain.length, rows: rowsOf(permitted, failed), denials: releases.length - releases.filter(({ decision }) => decision === 'PERMIT').length };
}

function shownEvent({ leaf, event }: Link): DomainEvent {
  if (event === undefined) throw new StatementError('facts-missing', `the ${leaf.kind} at ${placeOf(leaf)} comes without its event`);
  return eventOf(leaf, event);
}

function rowsOf(permitted: readonly Release[], failed: ReadonlySet<string>): UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const { id, recipient, basis, items, claimedTime } of permitted) {
    const key = `${recipient} ${basis}`;
    const row = rows.get(key) ?? { recipient, basis, releases: 0, failed: 0, items: [], firstAt: claimedTime, lastAt: claimedTime };
    const codes = [...new Set([...row.items, ...items.map(({ code }) => code)])].sort();
    rows.set(key, { ...row, releases: row.releases + 1, failed: row.failed + (failed.has(id) ? 1 : 0), items: codes, lastAt: claimedTime });
  }
  return [...rows.values()];
}

/**
 * Believes a report: every leaf is about the enterprise and names the one before it, the first names none, the newest stands in the log of `head`, each event is its
 * leaf's, and the summary is what they say. Complete from the enterprise's first event to {@link Usage.upTo}; nothing is said about later.
 * @param head from the report's checkpoint, whose signatures the caller verified against keys that it trusts.
 * @throws StatementError.
 */
export function verifyUsageReport(value: unknown, head: TreeHead): Usage {
  const parsed = usageReportSchema.safeParse(value);
  if (!parsed.success) throw new StatementError('statement-malformed', `at /${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`);
  const { network, enterprise, path, leaves, usage } = parsed.data;
  const chain = leaves.map(({ leaf, event }) => ({ ...leafOf(leaf), event }));
  for (const [index, { leaf, event }] of chain.entries()) {
    if (leaf.network !== network || leaf.subject !== subjectDigest(leaf.salt, enterprise)) throw new StatementError('subject-differs', `the leaf at ${placeOf(leaf)} is not about this enterprise of this ledger`);
    if (event !== undefined) eventOf(leaf, event);
    assertNamesNext(leaf, chain[index + 1]);
  }
  const [newest] = chain;
  if (newest !== undefined) assertIncluded(newest.leaf, newest.entry, path, head);
  const own = usageIn(chain);
  if (canonicalJson(own) !== canonicalJson(usage)) throw new StatementError('summary-differs', 'the summary is not what the events say');
  return own;
}

function assertNamesNext(leaf: LogLeaf, next: { readonly leaf: LogLeaf; readonly entry: string } | undefined): void {
  const { previousOfSubject: named } = leaf;
  const isNext = next === undefined ? named === undefined : named?.index === next.leaf.index && named.entry === next.entry;
  if (!isNext) throw new StatementError('chain-broken', `the leaf at ${placeOf(leaf)} names another one before it than the report shows`);
}
