/** A change under its full key; `value` undefined deletes. */
export interface KeyedChange {
  readonly fullKey: string;
  readonly value: Buffer | undefined;
}

/** Longest key of the journal with its table, in UTF-8 bytes. */
export const MAX_KEY_BYTES = 1024;

const TABLE = /^[!-~]{1,64}$/;
const DELETED = 0xffffffff;

/**
 * One string for a table and a key that sorts by table, then key.
 * @throws RangeError for a table that isn't 1 to 64 visible ASCII characters, a key that is too long or not well-formed Unicode.
 */
export function fullKeyOf(table: string, key: string): string {
  if (!TABLE.test(table)) throw new RangeError('a table has 1 to 64 visible ASCII characters');
  const fullKey = `${table}\u0000${key}`;
  const bytes = Buffer.from(fullKey, 'utf8');
  if (bytes.length > MAX_KEY_BYTES) throw new RangeError(`a key has at most ${MAX_KEY_BYTES} bytes with its table`);
  if (bytes.toString('utf8') !== fullKey) throw new RangeError('a key is well-formed Unicode');
  return fullKey;
}

/** Each change: length of the key 2, length of the value 4 (all ones for a deletion), key, value; numbers big-endian. */
export function encodeChanges(changes: readonly KeyedChange[]): Buffer {
  return Buffer.concat(
    changes.flatMap(({ fullKey, value }) => {
      const key = Buffer.from(fullKey, 'utf8');
      const lengths = Buffer.alloc(6);
      lengths.writeUInt16BE(key.length, 0);
      lengths.writeUInt32BE(value?.length ?? DELETED, 2);
      return value === undefined ? [lengths, key] : [lengths, key, value];
    }),
  );
}

/** The changes of a content that was authenticated, in order. */
export function decodeChanges(content: Buffer): KeyedChange[] {
  const changes: KeyedChange[] = [];
  for (let at = 0; at < content.length; ) {
    const keyEnd = at + 6 + content.readUInt16BE(at);
    const valueLength = content.readUInt32BE(at + 2);
    const fullKey = content.toString('utf8', at + 6, keyEnd);
    const isDeleted = valueLength === DELETED;
    changes.push({ fullKey, value: isDeleted ? undefined : content.subarray(keyEnd, keyEnd + valueLength) });
    at = isDeleted ? keyEnd : keyEnd + valueLength;
  }
  return changes;
}
