import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { DataKey } from './data-key';
import type { WindowReader } from './window-reader';

/** What a file of the private journal holds: a sorted base, or the entries committed since. */
export type SealedFileKind = 'base' | 'entries';

/** The key of one file, and the header that each of its frames is bound to. */
export interface SealedFile {
  readonly header: Buffer;
  readonly key: Buffer;
}

/** A frame as it was opened. */
export interface OpenedFrame {
  readonly number: number;
  readonly previousTag: Buffer;
  readonly tag: Buffer;
  readonly content: Buffer;
  /** Bytes of the frame in the file. */
  readonly length: number;
}

/** Bytes of a file's header: magic 8, kind 8, generation 8, key id 16, salt 32, the first 8 bytes of SHA-256 over those. */
export const SEALED_HEADER_BYTES = 80;

/** No frame's content is longer. */
export const MAX_SEALED_BYTES = 64 * 1024 * 1024;

/** Stands for the tag before the first frame. */
export const NO_TAG = Buffer.alloc(16);

const MAGIC = Buffer.from('KESUPRV1', 'latin1');
const CHECKED_BYTES = 72;
const TAG_BYTES = 16;
const NONCE_AT = 28;
const CONTENT_AT = 40;
const KINDS: Record<SealedFileKind, bigint> = { base: 1n, entries: 2n };

/** A new file's header with a salt of its own, from which its key follows (HKDF): no nonce can meet another file's. */
export function newSealedFile(key: DataKey, kind: SealedFileKind, generation: number): SealedFile {
  const header = Buffer.alloc(SEALED_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64BE(KINDS[kind], 8);
  header.writeBigUInt64BE(BigInt(generation), 16);
  key.id.copy(header, 24);
  randomBytes(32).copy(header, 40);
  checksum(header).copy(header, CHECKED_BYTES);
  return { header, key: fileKey(key, header) };
}

/**
 * The file that a header belongs to.
 * @returns `damaged` for anything but a whole header of this kind and generation; `foreign` for one made with another key.
 */
export function sealedFileOf(key: DataKey, kind: SealedFileKind, generation: number, header: Buffer): SealedFile | 'damaged' | 'foreign' {
  if (header.length !== SEALED_HEADER_BYTES || !header.subarray(0, 8).equals(MAGIC)) return 'damaged';
  if (!checksum(header).equals(header.subarray(CHECKED_BYTES))) return 'damaged';
  if (header.readBigUInt64BE(8) !== KINDS[kind] || header.readBigUInt64BE(16) !== BigInt(generation)) return 'damaged';
  if (!header.subarray(24, 40).equals(key.id)) return 'foreign';
  return { header, key: fileKey(key, header) };
}

/**
 * Seals a content: length 4, number 8, the tag before 16, random nonce 12, ciphertext (AES-256-GCM), tag 16. Number, length, the tag
 * before and the header are authenticated: an omitted, moved or foreign frame doesn't open.
 */
export function sealFrame(file: SealedFile, number: number, previousTag: Buffer, content: Buffer): { raw: Buffer; tag: Buffer } {
  const head = Buffer.alloc(CONTENT_AT);
  head.writeUInt32BE(content.length, 0);
  head.writeBigUInt64BE(BigInt(number), 4);
  previousTag.copy(head, 12);
  randomBytes(12).copy(head, NONCE_AT);
  const cipher = createCipheriv('aes-256-gcm', file.key, head.subarray(NONCE_AT));
  cipher.setAAD(Buffer.concat([file.header, head.subarray(0, NONCE_AT)]));
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  const tag = cipher.getAuthTag();
  return { raw: Buffer.concat([head, sealed, tag]), tag };
}

/** Opens the frame at an offset; `end` where the file ends, `broken` for what is torn, damaged or not of this file. */
export async function openFrame(file: SealedFile, reader: WindowReader, offset: number): Promise<OpenedFrame | 'end' | 'broken'> {
  const head = await reader.take(offset, CONTENT_AT);
  if (head.length === 0) return 'end';
  if (head.length < CONTENT_AT) return 'broken';
  const contentLength = head.readUInt32BE(0);
  if (contentLength > MAX_SEALED_BYTES) return 'broken';
  const length = CONTENT_AT + contentLength + TAG_BYTES;
  const raw = await reader.take(offset, length);
  if (raw.length < length) return 'broken';
  const tag = Buffer.from(raw.subarray(length - TAG_BYTES));
  const decipher = createDecipheriv('aes-256-gcm', file.key, raw.subarray(NONCE_AT, CONTENT_AT), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([file.header, raw.subarray(0, NONCE_AT)]));
  decipher.setAuthTag(tag);
  try {
    const content = Buffer.concat([decipher.update(raw.subarray(CONTENT_AT, length - TAG_BYTES)), decipher.final()]);
    return { number: Number(raw.readBigUInt64BE(4)), previousTag: Buffer.from(raw.subarray(12, NONCE_AT)), tag, content, length };
  } catch {
    return 'broken';
  }
}

/** What the anchor holds for the frame with this tag. */
export function anchorHash(tag: Buffer): string {
  return createHash('sha256').update(tag).digest('hex');
}

function fileKey(key: DataKey, header: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key.secret, header.subarray(40, CHECKED_BYTES), 'kesu private journal', 32));
}

function checksum(header: Buffer): Buffer {
  return createHash('sha256').update(header.subarray(0, CHECKED_BYTES)).digest().subarray(0, SEALED_HEADER_BYTES - CHECKED_BYTES);
}
