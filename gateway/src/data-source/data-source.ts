import type { Instant } from '@kesu/chaincode/domain';

/** Calendar months from and to, both inclusive, `YYYY-MM`. */
export interface SourceRange {
  readonly from: string;
  readonly to: string;
}

/** What the gateway asks a provider. */
export interface SourceRequest {
  /** Catalogue item code. */
  readonly item: string;
  readonly itemVersion: number;
  /** The enterprise's id on the ledger; the connector finds the credit code that the provider knows it by. */
  readonly subjectRef: string;
  readonly range?: SourceRange;
  /** Names the request in the provider's own records: random, 32 hex digits. */
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** One record of an enterprise: a row of the item's record shape (`DERIVATIONS` of the domain). */
export type SourceRow = Readonly<Record<string, unknown>>;

/** A provider's answer, verified: shape, digest, signature, time and, where it comes from a batch, its place in the batch. */
export interface SourceAnswer {
  readonly item: string;
  readonly itemVersion: number;
  readonly provider: string;
  readonly subjectRef: string;
  /** "No record" is an answer: no rows. */
  readonly rows: readonly SourceRow[];
  readonly rowCount: number;
  /** SHA-256(salt ‖ RFC 8785 form of `{item, itemVersion, subjectRef, range?, rows}`), lower-case hex. */
  readonly digest: string;
  /** 32 bytes, base64url; never on the ledger. */
  readonly salt: string;
  readonly time: Instant;
  /** The provider's P-256 signature, 64 bytes with low S, over the RFC 8785 form of the ledger's `source-answer`. */
  readonly signature: string;
  readonly keyId: string;
  /** The accepted ingest batch that the rows belong to; absent when the signed answer itself is the batch (QUERY, INTERFACE). */
  readonly batchId?: string;
}

/** Where records come from. One implementation speaks HTTP; another may read a platform's own files. */
export interface DataSource {
  /**
   * Asks for one item of one enterprise.
   * @throws SourceError `unavailable` or `invalid-answer`. What the gateway's own stores throw while it looks up subject or batch passes through.
   */
  fetch(request: SourceRequest): Promise<SourceAnswer>;
}
