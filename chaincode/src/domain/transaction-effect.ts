import type { KeyWrite } from './block';
import type { DomainEvent, ReleaseEvent } from './events';
import type { Release } from './release';

/** What an operation left: who called, which command, what it answered; or that it was closed before it took effect. */
export type OperationRecord =
  | { readonly kind: 'DONE'; readonly actor: string; readonly transaction: string; readonly commandDigest: string; readonly result: unknown }
  | { readonly kind: 'CLOSED'; readonly actor: string };

/** Where operations' records lie in the state: behind it the operation's id. */
export const OPERATION_PREFIX = 'operation/';

/**
 * What a transaction leaves, as text. What it records stands in it once: in the record of its operation, which it writes. Its answer is empty
 * then, and its release events name the place of their release in the operation's result.
 */
export interface TransactionEffect {
  readonly result: string;
  readonly writes: readonly KeyWrite[];
  /** The payload of the one event: a JSON list of {@link WrittenEvent}s. */
  readonly events?: string;
}

/** A release's event as it is written: `entry` counts the results of the operation's `releases` from 0. */
export type WrittenReleaseEvent = Omit<ReleaseEvent, 'release'> & { readonly entry: number };

/** An event as it is written. Earlier builds wrote a release in its event: such ones are read as well. */
export type WrittenEvent = DomainEvent | WrittenReleaseEvent;

/** A release's event as it is written. Its id ends with its place in the operation. */
export function writtenEvent(event: DomainEvent): WrittenEvent {
  if (event.kind !== 'release') return event;
  const { release, ...told } = event;
  return { ...told, entry: Number(release.id.slice(release.id.indexOf('.') + 1)) };
}

const RESULT = '"result":';
const BEHIND_RESULT = ',"transaction":"';

/**
 * What a transaction answered.
 * @throws TypeError for an effect that no contract leaves.
 */
export function resultOf({ result, writes }: Pick<TransactionEffect, 'result' | 'writes'>): string {
  if (result !== '') return result;
  const text = operationIn(writes)?.text;
  if (text === undefined) return '';
  // RFC 8785: `result` stands behind members that hold neither it nor a quotation mark, and before the last one.
  const [from, to] = [text.indexOf(RESULT) + RESULT.length, text.lastIndexOf(BEHIND_RESULT)];
  if (from < RESULT.length || to < from) throw new TypeError('an operation in a form that no contract writes');
  return text.slice(from, to);
}

/**
 * What a transaction told, in order: an event's number is the `item` of its position.
 * @throws TypeError, SyntaxError for an effect that no contract leaves.
 */
export function eventsOf(effect: Omit<TransactionEffect, 'result'>): DomainEvent[] {
  const events: unknown = JSON.parse(effect.events ?? '[]');
  if (!Array.isArray(events)) throw new TypeError('the payload of an event is no list');
  let recorded: RecordedReleases | undefined;
  return (events as readonly WrittenEvent[]).map((event): DomainEvent => {
    if (event.kind !== 'release' || 'release' in event) return event;
    recorded ??= new RecordedReleases(effect.writes);
    const { entry, ...told } = event;
    return { ...told, release: recorded.next(entry) };
  });
}

/** The operation's record that a transaction wrote, as text, and its id. @throws TypeError for two. */
export function operationIn(writes: TransactionEffect['writes']): { readonly id: string; readonly text: string | undefined } | undefined {
  const [written, second] = writes.filter(({ key }) => key.startsWith(OPERATION_PREFIX));
  if (second !== undefined) throw new TypeError('a transaction does one operation');
  return written === undefined ? undefined : { id: written.key.slice(OPERATION_PREFIX.length), text: written.value };
}

/** The releases that an operation recorded. Each is told once, in their order, and says itself which operation's and which of them it is. */
class RecordedReleases {
  readonly #operation: string;
  readonly #entries: readonly unknown[];
  #last = -1;

  constructor(writes: TransactionEffect['writes']) {
    const { id, text = '{}' } = operationIn(writes) ?? { id: '' };
    const { result } = JSON.parse(text) as { readonly result?: { readonly releases?: unknown } };
    if (!Array.isArray(result?.releases)) throw new TypeError('the transaction recorded no releases');
    this.#operation = id;
    this.#entries = result.releases;
  }

  next(entry: number): Release {
    if (!Number.isInteger(entry) || entry <= this.#last) throw new TypeError(`release ${String(entry)} is told behind ${this.#last}`);
    this.#last = entry;
    const found = this.#entries[entry] as { readonly kind?: string; readonly release?: Release } | undefined;
    if (found?.kind !== 'RECORDED' || found.release?.id !== `${this.#operation}.${entry}`) throw new TypeError(`the operation recorded no release ${entry}`);
    return found.release;
  }
}
