import { createHmac } from 'node:crypto';
import type { Instant } from '@kesu/chaincode/domain';
import { answerDigestOf, type LeafPath, pathOf, rootOf, type SourceRow } from '../data-source';
import type { ProviderRecords } from './provider-records';

/** An enterprise that a batch covers. */
export interface CoveredEnterprise {
  readonly subjectRef: string;
  /** Credit code. */
  readonly subject: string;
}

/** What an ingest batch's manifest says of it: sign and submit this. */
export interface BatchSummary {
  readonly item: string;
  readonly itemVersion: number;
  /** Rows of all enterprises together. */
  readonly rows: number;
  /** Root of the tree over the salted digests of each enterprise's rows. */
  readonly digest: string;
}

/** The rows of one enterprise in a batch with what proves that they belong to it. */
export interface BatchLeaf {
  readonly rows: readonly SourceRow[];
  readonly salt: string;
  readonly digest: string;
  readonly path: LeafPath;
}

/**
 * A batch as its provider keeps it: rows frozen at the time it was made, one salted leaf an enterprise, in the order of `subjectRef`.
 * Rows are made again when asked for, so that a batch of a thousand enterprises holds digests only.
 */
export class ProviderBatch {
  readonly summary: BatchSummary;
  private readonly records: ProviderRecords;
  private readonly order: readonly CoveredEnterprise[];
  private readonly leaves: readonly string[];

  /**
   * @param records wrong rows stay in the batch as they are now.
   * @param at rows are those known at this time.
   * @param saltKey at least 32 secret bytes: salts follow from it and the enterprise.
   * @throws RangeError when it covers no enterprise.
   */
  constructor(
    records: ProviderRecords,
    readonly item: string,
    readonly itemVersion: number,
    readonly at: Instant,
    enterprises: readonly CoveredEnterprise[],
    private readonly saltKey: Uint8Array,
  ) {
    this.records = records.frozen();
    this.order = [...enterprises].sort((a, b) => (a.subjectRef < b.subjectRef ? -1 : 1));
    let rows = 0;
    this.leaves = this.order.map((enterprise) => {
      const leaf = this.make(enterprise);
      rows += leaf.rows.length;
      return leaf.digest;
    });
    this.summary = { item, itemVersion, rows, digest: rootOf(this.leaves) };
  }

  /** The leaf of an enterprise; undefined when the batch doesn't cover it. Later corrections don't change it: they come with the next batch. */
  leafOf(subjectRef: string): BatchLeaf | undefined {
    const index = this.order.findIndex((enterprise) => enterprise.subjectRef === subjectRef);
    const enterprise = this.order[index];
    if (enterprise === undefined) return undefined;
    return { ...this.make(enterprise), path: pathOf(this.leaves, index) };
  }

  private make({ subject, subjectRef }: CoveredEnterprise): Omit<BatchLeaf, 'path'> {
    const { item, itemVersion } = this;
    const rows = this.records.rowsOf(item, subject, this.at);
    const salt = createHmac('sha256', this.saltKey).update(`${item}/${itemVersion}/${this.at}/${subjectRef}`).digest('base64url');
    return { rows, salt, digest: answerDigestOf(salt, { item, itemVersion, subjectRef, rows }) };
  }
}
