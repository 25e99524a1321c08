import { readContainer, writeContainer } from '../container';

/** `remove` bytes at `at` give way to `insert`, in hex. */
export interface VectorEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/** One vector of `verifier/vectors/vectors.json`: how a file beside it is changed, by which trust file it is read, and what a verifier must say. */
export interface Vector {
  readonly name: string;
  readonly file: string;
  /** The part of the container that the edits are in; the container is then written anew. */
  readonly part?: string;
  readonly edits?: readonly VectorEdit[] | 'REMOVED';
  /** Laid over `trust.json` as RFC 7396 says. */
  readonly trust?: unknown;
  readonly verdict: 'PROVEN' | 'REFUTED' | 'UNDETERMINED';
  /** Of the checks that failed, in their order. */
  readonly codes: readonly string[];
}

/** The bytes that a vector is about. */
export function vectorFile(bytes: Uint8Array, { part, edits = [] }: Pick<Vector, 'part' | 'edits'>): Uint8Array {
  if (part === undefined) return edits === 'REMOVED' ? new Uint8Array() : edited(bytes, edits);
  const parts = readContainer(bytes);
  if (edits === 'REMOVED') return writeContainer(parts.filter(({ name }) => name !== part));
  return writeContainer(parts.map((one) => (one.name === part ? { name: part, bytes: edited(one.bytes, edits) } : one)));
}

function edited(bytes: Uint8Array, edits: readonly VectorEdit[]): Uint8Array {
  let result = Buffer.from(bytes);
  for (const { at, remove, insert } of [...edits].sort((a, b) => b.at - a.at)) result = Buffer.concat([result.subarray(0, at), Buffer.from(insert, 'hex'), result.subarray(at + remove)]);
  return result;
}

/** A JSON value with a merge patch over it (RFC 7396). */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(value) ? { ...value } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete result[name];
    else result[name] = mergePatch(result[name], change);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
