import { crc32 } from 'node:zlib';
import { ProjectionDamage } from './projection-error';

/** A value as the projection keeps it: its JSON and the block that set it last. */
export interface StoredValue {
  readonly block: number;
  readonly body: string;
}

/** `<checksum> <block> <body>`: the checksum covers key, block and body (architecture.md, "Inside network/"). */
export function sealValue(key: string, block: number, body: string): string {
  const sealed = `${block} ${body}`;
  return `${checksum(key, sealed)} ${sealed}`;
}

/**
 * The value that was sealed under the key.
 * @throws ProjectionDamage when one bit of it or of the key is another.
 */
export function openValue(key: string, text: string): StoredValue {
  const sealed = text.slice(CHECKSUM_DIGITS + 1);
  const space = sealed.indexOf(' ');
  if (text[CHECKSUM_DIGITS] !== ' ' || text.slice(0, CHECKSUM_DIGITS) !== checksum(key, sealed) || space < 1) throw new ProjectionDamage('a value fails its checksum');
  return { block: Number(sealed.slice(0, space)), body: sealed.slice(space + 1) };
}

const CHECKSUM_DIGITS = 8;

function checksum(key: string, sealed: string): string {
  // Of the one behind the other: equal to going on from the key's checksum, with one call.
  return crc32(key + sealed).toString(16).padStart(CHECKSUM_DIGITS, '0');
}
