import { bytesEqual, concatBytes, utf8ToBytes } from '@kesu/chaincode/domain';
import { ensure, VerificationFailure } from './failure';
import { MAX_CONTAINER_PARTS, MAX_FILE_BYTES, MAX_PART_NAME } from './limits';

/** The first part of every bundle and its content (ETSI EN 319 162-1). */
export const MIMETYPE_PART = 'mimetype';
export const ASIC_MIMETYPE = 'application/vnd.etsi.asic-e+zip';
/** The manifest that the signatures are over. */
export const MANIFEST_PART = 'META-INF/ASiCManifest.xml';
/** The issuer's CAdES signature over the manifest. */
export const SIGNATURE_PART = 'META-INF/signature.p7s';
/** The optional SM2-with-SM3 seal over the manifest. */
export const SM2_SEAL_PART = 'META-INF/sm2-seal.p7s';

/** One file of a container. */
export interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const NAME = /^(?:mimetype|META-INF\/[A-Za-z0-9][A-Za-z0-9._-]*|[a-z][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*){0,3})$/;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
/** 1980-01-01, the first day that ZIP knows: a container has no time of its own. */
const DATE = 0x0021;
const VERSION = 10;

/** The order of parts: `mimetype`, the data by name, then what lies in `META-INF`: manifest, signature, seal. */
export function inOrder(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => (sortKey(a.name) < sortKey(b.name) ? -1 : 1));
}

function sortKey(name: string): string {
  if (name === MIMETYPE_PART) return '0';
  const meta = [MANIFEST_PART, SIGNATURE_PART, SM2_SEAL_PART].indexOf(name);
  return meta < 0 ? `1${name}` : `2${meta}`;
}

/**
 * The container of parts in the order given: a pure function, so that who has the parts has the container. Stored, not compressed; no times,
 * attributes, extra fields or comments.
 */
export function writeContainer(parts: readonly Part[]): Uint8Array {
  return concatBytes(...piecesOf(parts));
}

/** What a container consists of, one piece after the other: a header and the bytes for each part, then directory and end. */
function* piecesOf(parts: readonly Part[]): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of parts) {
    const described = concatBytes(u16(VERSION), u16(0), u16(0), u16(0), u16(DATE), u32(crc32(bytes)), u32(bytes.length), u32(bytes.length), u16(name.length), u16(0));
    const header = concatBytes(u32(LOCAL), described, utf8ToBytes(name));
    yield header;
    yield bytes;
    directory.push(concatBytes(u32(CENTRAL), u16(VERSION), described, u16(0), u16(0), u16(0), u32(0), u32(offset), utf8ToBytes(name)));
    offset += header.length + bytes.length;
  }
  const central = concatBytes(...directory);
  yield central;
  yield concatBytes(u32(END), u16(0), u16(0), u16(parts.length), u16(parts.length), u32(central.length), u32(offset), u16(0));
}

/**
 * The parts of a container, which must be byte for byte the one that {@link writeContainer} makes of them: what a reader could see otherwise
 * (comments, gaps, second names, compression, other lengths) is not there.
 * @throws VerificationFailure container-*.
 */
export function readContainer(file: Uint8Array): Part[] {
  ensure(file.length <= MAX_FILE_BYTES, 'file-too-large', `a bundle has at most ${MAX_FILE_BYTES} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const at = file.length - END_BYTES;
  ensure(at >= 0 && view.getUint32(at, true) === END, 'container-not-zip', 'it does not end in the end record of a ZIP without comment');
  const count = view.getUint16(at + 10, true);
  ensure(count > 0 && count <= MAX_CONTAINER_PARTS, 'container-too-many-entries', `a bundle has 1 to ${MAX_CONTAINER_PARTS} parts`);
  const parts = readDirectory(file, view, view.getUint32(at + 16, true), count);
  assertNames(parts);
  assertWritten(parts, file);
  return parts;
}

/** Piece by piece, so that a file of which an early byte is another costs little. */
function assertWritten(parts: readonly Part[], file: Uint8Array): void {
  let at = 0;
  for (const piece of piecesOf(parts)) {
    ensure(bytesEqual(piece, file.subarray(at, at + piece.length)), 'container-layout', 'the container is not the one that its parts make: some byte is another');
    at += piece.length;
  }
  ensure(at === file.length, 'container-layout', 'the container is longer than its parts make it');
}

function readDirectory(file: Uint8Array, view: DataView, start: number, count: number): Part[] {
  const parts: Part[] = [];
  let at = start;
  for (let n = 0; n < count; n++) {
    ensure(at + CENTRAL_BYTES <= file.length && view.getUint32(at, true) === CENTRAL, 'container-entry-bounds', `entry ${n} of the directory is not there`);
    ensure(view.getUint16(at + 10, true) === 0, 'container-entry-compressed', `entry ${n} is compressed: a bundle\u2019s parts are stored`);
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    ensure(nameLength > 0 && nameLength <= MAX_PART_NAME && at + CENTRAL_BYTES + nameLength <= file.length, 'container-entry-name', `the name of entry ${n} is none of a bundle`);
    const name = String.fromCharCode(...file.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength));
    const body = view.getUint32(at + 42, true) + LOCAL_BYTES + nameLength;
    ensure(body + size <= start, 'container-entry-bounds', `${JSON.stringify(name)} lies outside the container`);
    parts.push({ name, bytes: file.subarray(body, body + size) });
    at += CENTRAL_BYTES + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return parts;
}

function assertNames(parts: readonly Part[]): void {
  const names = parts.map(({ name }) => name);
  const [first] = parts;
  const odd = names.find((name) => !NAME.test(name));
  ensure(odd === undefined, 'container-entry-name', `${JSON.stringify(odd)} is no name of a bundle\u2019s part`);
  ensure(new Set(names).size === names.length, 'container-entry-twice', 'a name stands twice');
  ensure(first?.name === MIMETYPE_PART && bytesEqual(first.bytes, utf8ToBytes(ASIC_MIMETYPE)), 'container-mimetype', `the first part is mimetype: ${ASIC_MIMETYPE}`);
  ensure(inOrder(parts).every(({ name }, at) => name === names[at]), 'container-order', 'the parts do not stand in their order');
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) crc = (CRC_TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The part of that name. @throws VerificationFailure container-part-missing. */
export function partOf(parts: readonly Part[], name: string): Uint8Array {
  const part = parts.find((one) => one.name === name);
  if (part === undefined) throw new VerificationFailure('container-part-missing', `${name} is missing`);
  return part.bytes;
}
