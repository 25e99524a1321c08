import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { instantAfter, DAY_MILLIS, MINUTE_MILLIS, type Instant } from '@kesu/chaincode/domain';
import type { DemonstrationToken } from './demo-tokens';
import type { StepSeeding } from './seed-steps';
import type { Seeding } from './seeding';
import type { ReleaseAsk, Step } from './step';
import { makeStories } from './stories';

/** The file that the start page is printed from, in the demonstration's directory. */
export const SUMMARY_FILE = 'summary.json';

/** A step of a story with what it left on the ledger. */
export interface SummaryStep {
  readonly at: Instant;
  readonly verb: Step['verb'];
  readonly zh: string;
  readonly en: string;
  /** Grants, releases, loans, disputes that the step wrote. */
  readonly ids: readonly string[];
}

/** What a reader finds in `summary.json`: who is who, what can be asked now, where the stories lie. No name, no code (I16). */
export interface DemonstrationSummary {
  readonly startAt: Instant;
  readonly network: string;
  readonly enterprises: number;
  readonly tokens: readonly { readonly token: string; readonly id: string; readonly zh: string; readonly en: string }[];
  /** A request that was permitted when the ledger had been filled; see {@link commandsOf}. */
  readonly permitted: readonly PermittedNow[];
  readonly stories: readonly {
    readonly id: string;
    readonly titleZh: string;
    readonly titleEn: string;
    readonly enterprises: readonly { readonly slug: string; readonly ref: string; readonly keys: readonly string[] }[];
    readonly steps: readonly SummaryStep[];
  }[];
}

/** A request that the ledger would permit. */
export interface PermittedNow {
  readonly token: string;
  readonly body: {
    readonly enterprise: string;
    readonly recipient: string;
    readonly items: readonly { readonly code: string; readonly granularity: string }[];
    readonly purpose: string;
    readonly grantId: string;
    readonly loanRef?: string;
  };
}

/** Puts the summary together. @param permitted see {@link PermittedNow}. */
export function summaryFrom(seeding: Seeding, steps: StepSeeding, tokens: readonly DemonstrationToken[], permitted: readonly PermittedNow[]): DemonstrationSummary {
  const told = seeding.options.days === 0 ? [] : makeStories(seeding.startAt);
  const stories = told.map(({ id, titleZh, titleEn, enterprises, steps: happened }) => ({
    id,
    titleZh,
    titleEn,
    enterprises: enterprises.map((slug) => ({ slug, ref: seeding.enterprise(slug).subjectRef, keys: seeding.keysOf(slug).map(({ plan }) => `keys/${slug}-${plan.slot}.json`) })),
    steps: happened.map((step) => ({
      at: instantAfter(seeding.startAt, step.day * DAY_MILLIS + step.minute * MINUTE_MILLIS),
      verb: step.verb,
      zh: step.zh,
      en: step.en,
      ids: steps.idsOf(step),
    })),
  }));
  return {
    startAt: seeding.startAt,
    network: seeding.options.network,
    enterprises: seeding.cast.enterprises.length,
    tokens: tokens.map(({ token, requester, zh, en }) => ({ token, id: requester.kind === 'PARTICIPANT' ? requester.id : requester.ref, zh, en })),
    permitted,
    stories,
  };
}

/** Grants of stories under which a release should still be permitted on the last day, the best first. */
export const STILL_PERMITTED: readonly string[] = ['tax-row-1', 'tax-row-2', 'merged-after', 'first-loan-post'];

/** The body of `POST /v1/releases` for what a story asks under a grant. */
export function bodyOf(ask: ReleaseAsk, ids: { readonly enterprise: string; readonly grantId: string; readonly loanRef: string | undefined }): PermittedNow['body'] {
  const { recipient, items, purpose } = ask;
  return {
    enterprise: ids.enterprise,
    recipient,
    items: items.map(({ code, granularity }) => ({ code, granularity })),
    purpose,
    grantId: ids.grantId,
    ...(ids.loanRef === undefined ? {} : { loanRef: ids.loanRef }),
  };
}

/** Two commands that work on a freshly filled ledger: a check and a release. @param origin `http://localhost:PORT`. */
export function commandsOf({ permitted }: Pick<DemonstrationSummary, 'permitted'>, origin: string): { readonly check: string; readonly release: string } | undefined {
  const [first] = permitted;
  const [item] = first?.body.items ?? [];
  if (first === undefined || item === undefined) return undefined;
  const { enterprise, recipient, purpose, loanRef } = first.body;
  const check = {
    subject: { type: 'recipient', id: recipient },
    action: { name: 'read' },
    resource: { type: 'catalogue-item', id: item.code, properties: { enterprise, granularity: item.granularity } },
    context: { purpose, ...(loanRef === undefined ? {} : { loanRef }) },
  };
  const headers = `-H 'Authorization: Bearer ${first.token}' -H 'Content-Type: application/json'`;
  return {
    check: `curl -s ${origin}/access/v1/evaluation ${headers} -d '${JSON.stringify(check)}'`,
    release: `curl -s ${origin}/v1/releases ${headers} -H "Idempotency-Key: try-$(date +%s)" -d '${JSON.stringify(first.body)}'`,
  };
}

/** Writes the summary. */
export async function writeSummary(directory: string, summary: DemonstrationSummary): Promise<void> {
  await writeFile(join(directory, SUMMARY_FILE), `${JSON.stringify(summary, null, 2)}\n`);
}

/** Reads the summary; undefined when there is none. */
export async function readSummary(directory: string): Promise<DemonstrationSummary | undefined> {
  const text = await readFile(join(directory, SUMMARY_FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as DemonstrationSummary);
}
