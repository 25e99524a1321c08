import { GatewayError } from '../gateway-error';
import type { ReleaseJournal, RequestRow } from './release-journal';

/** A request by its requester, key and content. */
export interface KeyedRequest {
  /** See `requestSlot`. */
  readonly slot: string;
  /** Of everything that makes two requests the same. */
  readonly bodyDigest: string;
  readonly idempotencyKey: string;
}

/** One key, one effect, one answer (I7): a repeat joins the request under way, or is answered from what was kept. */
export class IdempotentRequests<T> {
  readonly #underWay = new Map<string, { readonly bodyDigest: string; readonly answer: Promise<T> }>();

  constructor(private readonly journal: ReleaseJournal) {}

  /** True while a request with that key is being worked on. */
  isUnderWay(slot: string): boolean {
    return this.#underWay.has(slot);
  }

  /**
   * Performs a request at most once.
   * @throws GatewayError idempotency-conflict when the key was used for another body; outcome-unknown when an earlier one isn't
   *   known yet; and whatever `perform` or `repeat` throw.
   */
  once(request: KeyedRequest, perform: () => Promise<T>, repeat: (releaseId: string, block: number) => Promise<T>): Promise<T> {
    const { slot, bodyDigest } = request;
    const earlier = this.#underWay.get(slot);
    if (earlier !== undefined) return earlier.bodyDigest === bodyDigest ? earlier.answer : Promise.reject(conflict());
    const answer = this.journal.request(slot).then((row) => this.#answer(request, row, perform, repeat));
    this.#underWay.set(slot, { bodyDigest, answer });
    return answer.finally(() => this.#underWay.delete(slot));
  }

  #answer({ bodyDigest, idempotencyKey }: KeyedRequest, row: RequestRow | undefined, perform: () => Promise<T>, repeat: (releaseId: string, block: number) => Promise<T>): Promise<T> {
    if (row === undefined) return perform();
    if (row.bodyDigest !== bodyDigest) throw conflict();
    if (row.state === 'DONE') return repeat(row.releaseId, row.block);
    throw GatewayError.of('outcome-unknown', 'the ledger has not yet said what became of the earlier request with this key: ask for the operation', { operationKey: idempotencyKey, retryAfterSeconds: 5 });
  }
}

function conflict(): GatewayError {
  return GatewayError.of('idempotency-conflict', 'the idempotency key was used for another request: use a new one');
}
