import { fromBase64url, toBase64url, utf8ToBytes } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';

/** The cursor of a page that begins below the entry of that number. */
export function cursorOf(entry: number): string {
  return toBase64url(utf8ToBytes(entry.toString()));
}

/**
 * The number in a cursor.
 * @throws GatewayError malformed-body when it is none of ours.
 */
export function entryOf(cursor: string): number {
  const bytes = cursor.length > 16 ? undefined : fromBase64url(cursor);
  const text = bytes === undefined ? '' : String.fromCharCode(...bytes);
  if (!/^(0|[1-9]\d{0,10})$/.test(text)) throw GatewayError.of('malformed-body', 'the cursor is none that this server gave', { faults: [{ pointer: '/cursor', detail: 'give the value of `next` as it came' }] });
  return Number(text);
}
