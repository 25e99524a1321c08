import type { Release } from '@kesu/chaincode/domain';

/** The JSON of an object with members, without its last brace: as `Draft.putOpen` takes it. */
export function openJson<T extends object>(value: T): string {
  return JSON.stringify(value).slice(0, -1);
}

/** Behind it a release begins: `basis` is the first of its members. */
const RELEASE_MARK = '"kind":"RECORDED","release":{"basis":';
const RELEASE_MARK_START = '"kind":"RECORDED","release":'.length;

/**
 * Finds the JSON of releases in the RFC 8785 text of the operation that recorded them, as encoding a release again costs more than all else
 * that is done with it. A quotation mark inside a JSON string is escaped, so that no mark looked for can stand in one. In a
 * text of another form it finds nothing, and the release is encoded.
 */
export class ReleaseTexts {
  #mark: number;

  constructor(private readonly operation: string) {
    this.#mark = operation.indexOf(RELEASE_MARK);
  }

  /** The JSON of the operation's next release, which is `release`. */
  next(release: Release): string {
    if (this.#mark < 0) return JSON.stringify(release);
    const start = this.#mark + RELEASE_MARK_START;
    this.#mark = this.operation.indexOf(RELEASE_MARK, start);
    const ending = endOf(release);
    const found = this.operation.indexOf(ending, start);
    const text = this.operation.slice(start, found < 0 ? start : found + ending.length);
    return text.includes(`"id":${JSON.stringify(release.id)}`) ? text : JSON.stringify(release);
  }
}

/** How a release's JSON ends, and nothing else of an operation: members stand in the order of their names, and only `statutory` can stand behind `sender`. */
function endOf({ sender, statutory }: Release): string {
  return `"sender":${JSON.stringify(sender)}${statutory === undefined ? '' : `,"statutory":${JSON.stringify(statutory)}`}}`;
}
