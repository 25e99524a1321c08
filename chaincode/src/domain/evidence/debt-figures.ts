import { shanghaiDate } from '../instant';
import type { Loan } from '../loan';
import type { EvidenceCase, ItemPlace } from './evidence-case';
import type { EvidenceItem } from './evidence-item';
import type { EvidenceVolume } from './evidence-volume';
import type { Debt, Figure } from './sum-owed';

/** An item of a sealed volume with its place: only what is sealed counts. */
export interface SealedItem extends ItemPlace {
  readonly side: EvidenceVolume['side'];
  readonly what: EvidenceItem;
}

/** What is known of a debt: the loan's reports on the ledger and what the notary found. */
export interface DebtFigures {
  /** The draw; undefined while the loan wasn't drawn. */
  readonly drawn: Figure | undefined;
  readonly repayments: readonly Figure[];
  /** The first version of the loan that reports less repaid than the one before it. */
  readonly contradictionAt: number | undefined;
}

/** The items of sealed volumes, in the order of volumes and items. */
export function sealedItems(volumes: readonly EvidenceVolume[]): readonly SealedItem[] {
  return volumes.filter(({ state }) => state === 'SEALED').flatMap(({ number, side, items }) => items.map((what, index) => ({ volume: number, item: index + 1, side, what })));
}

/**
 * Draw and repayments: what each report of the loan says to be repaid beyond the report before it, on the date of its report in Asia/Shanghai, then what the
 * notary found by verification and no report shows (REPAYMENT_FOUND, in volumes of the authority).
 * @param reports every version of the loan from the first, in order.
 */
export function debtFigures(reports: readonly Loan[], items: readonly SealedItem[]): DebtFigures {
  const draw = reports.find(({ state }) => state === 'DRAWN');
  const repayments: Figure[] = [];
  let repaid = 0;
  let contradictionAt: number | undefined;
  for (const { ref, version, repaidFen, changedAt } of reports) {
    if (repaidFen === undefined) continue;
    if (repaidFen < repaid) contradictionAt ??= version;
    if (repaidFen > repaid) repayments.push({ on: shanghaiDate(changedAt), amountFen: repaidFen - repaid, source: { kind: 'LOAN_EVENT', loanRef: ref, version } });
    repaid = repaidFen;
  }
  const found = items.filter(({ side, what }) => side === 'AUTHORITY' && what.source === 'FILE' && what.kind === 'REPAYMENT_FOUND');
  return { drawn: drawOf(draw), repayments: [...repayments, ...found.flatMap(figureOf)], contradictionAt };
}

function drawOf(draw: Loan | undefined): Figure | undefined {
  if (draw?.amountFen === undefined) return undefined;
  return { on: shanghaiDate(draw.changedAt), amountFen: draw.amountFen, source: { kind: 'LOAN_EVENT', loanRef: draw.ref, version: draw.version } };
}

function figureOf({ volume, item, what }: SealedItem): Figure[] {
  if (what.source !== 'FILE' || what.figure === undefined) return [];
  return [{ ...what.figure, source: { kind: 'ITEM', volume, item } }];
}

/** The item at a place, if its volume is sealed. */
export function sealedItemAt(items: readonly SealedItem[], place: ItemPlace): SealedItem | undefined {
  return items.find(({ volume, item }) => volume === place.volume && item === place.item);
}

/** The debt of a case, from its terms, the draw and the request; undefined while terms or draw are missing. */
export function debtOf({ terms, request }: Pick<EvidenceCase, 'terms' | 'request'>, drawn: Figure | undefined, items: readonly SealedItem[]): Debt | undefined {
  if (terms === undefined || drawn === undefined) return undefined;
  const expenses = (request?.expenses ?? []).flatMap((place) => sealedItemAt(items, place) ?? []).flatMap(figureOf);
  return { terms, drawn, acceleratedOn: request?.accelerated?.on, expenses };
}
