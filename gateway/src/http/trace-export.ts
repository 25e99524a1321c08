import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { stringify } from 'csv-stringify/sync';
import type { PageRequest, TraceAxis, TraceFilter, TracedRelease } from '../read-model';
import { MAX_EXPORT_ROWS, MAX_PAGE } from './limits';
import type { HttpParts, WrittenAnswer } from './route';

/** A release with the state it shows. */
type Shown = TracedRelease & { readonly state: string; readonly proof: string };

/** Columns of the csv: what a reader sorts and filters by; the jsonl holds everything. */
const COLUMNS: readonly { readonly name: string; readonly of: (row: Shown) => string | number }[] = [
  { name: 'releaseId', of: ({ release }) => release.id },
  { name: 'claimedTime', of: ({ release }) => release.claimedTime },
  { name: 'decision', of: ({ release }) => release.decision },
  { name: 'reason', of: ({ release }) => release.reason ?? '' },
  { name: 'state', of: ({ state }) => state },
  { name: 'basis', of: ({ release }) => release.basis },
  { name: 'enterprise', of: ({ release }) => release.enterprise },
  { name: 'grantId', of: ({ release }) => release.grantId ?? '' },
  { name: 'items', of: ({ release }) => release.items.map(({ code, granularity }) => `${code}:${granularity}`).join(' ') },
  { name: 'providers', of: ({ release }) => [...new Set(release.items.flatMap(({ provider }) => provider ?? []))].join(' ') },
  { name: 'batches', of: ({ release }) => release.items.flatMap(({ batchId }) => batchId ?? []).join(' ') },
  { name: 'platform', of: ({ release }) => release.platform ?? '' },
  { name: 'conduit', of: ({ release }) => release.conduit ?? '' },
  { name: 'requester', of: ({ release }) => release.requester },
  { name: 'sender', of: ({ release }) => release.sender },
  { name: 'recipient', of: ({ release }) => release.recipient },
  { name: 'operator', of: ({ release }) => release.operator ?? '' },
  { name: 'purpose', of: ({ release }) => release.purpose },
  { name: 'loanRef', of: ({ release }) => release.loanRef ?? '' },
  { name: 'payloadDigest', of: ({ release }) => release.payloadDigest ?? '' },
  { name: 'byteCount', of: ({ release }) => release.byteCount ?? '' },
  { name: 'basisReleaseId', of: ({ release }) => release.basisReleaseId ?? '' },
  { name: 'acknowledgedAt', of: ({ acknowledgement }) => acknowledgement?.at ?? '' },
  { name: 'block', of: ({ position }) => position.block },
  { name: 'index', of: ({ position }) => position.index },
  { name: 'item', of: ({ position }) => position.item },
  { name: 'txId', of: ({ position }) => position.txId },
  { name: 'proof', of: ({ proof }) => proof },
];

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const;

/** Which trace is exported. */
export interface ExportedTrace {
  readonly axis: TraceAxis;
  readonly id: string;
  readonly filter: TraceFilter;
  readonly sees: PageRequest['sees'];
}

/** A whole trace page by page, as fast as the client takes it; at most {@link MAX_EXPORT_ROWS} rows, and it says when it is cut. */
export function exportTrace(parts: Pick<HttpParts, 'readModel'>, { axis, id, filter, sees }: ExportedTrace, format: keyof typeof TYPES, shown: (traced: TracedRelease) => Shown): WrittenAnswer {
  return {
    write: async (response) => {
      const asOf = parts.readModel.asOf();
      response.writeHead(200, { 'content-type': TYPES[format], 'cache-control': 'no-store', 'x-as-of-block': String(asOf.block), 'x-as-of-hash': asOf.hash, 'content-disposition': `attachment; filename="trace.${format}"`, trailer: 'x-next-cursor' });
      if (format === 'csv') await put(response, header());
      let cursor: string | undefined;
      let rows = 0;
      do {
        const page = parts.readModel.trace(axis, id, filter, { limit: MAX_PAGE, sees, ...(cursor === undefined ? {} : { cursor }) });
        await put(response, page.entries.map((traced) => line(format, shown(traced))).join(''));
        rows += page.entries.length;
        cursor = page.next;
      } while (cursor !== undefined && rows < MAX_EXPORT_ROWS && !response.destroyed);
      if (cursor !== undefined) response.addTrailers({ 'x-next-cursor': cursor });
      response.end();
    },
  };
}

function header(): string {
  return stringify([COLUMNS.map(({ name }) => name)], { bom: true });
}

/** Cells that a spreadsheet would run as a formula are escaped. */
function line(format: keyof typeof TYPES, row: Shown): string {
  return format === 'jsonl' ? `${JSON.stringify(row)}\n` : stringify([COLUMNS.map(({ of }) => of(row))], { escape_formulas: true });
}

async function put(response: ServerResponse, text: string): Promise<void> {
  if (text === '' || response.destroyed || response.write(text)) return;
  await Promise.race([once(response, 'drain'), once(response, 'close')]);
}
