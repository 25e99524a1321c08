import { join } from 'node:path';
import { decodeChanges } from './change-codec';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import { type DataKey, foreignKey } from './data-key';
import type { FilePort, OpenFile } from './file-port';
import { Generation } from './generation';
import { newSealedFile, openFrame, sealedFileOf, type SealedFile, type SealedFileKind, SEALED_HEADER_BYTES, sealFrame } from './sealed-frame';
import { type BaseEntry, type BaseFooter, SortedBase } from './sorted-base';
import { WindowReader } from './window-reader';

/** What opens and makes generations needs. */
export interface GenerationPlace {
  readonly files: FilePort;
  readonly directory: string;
  readonly key: DataKey;
  readonly keyFile: string;
}

/** A generation as it was found: its first entry's number and tag before, and the tag and end of each frame, so that it can be held against the anchor. */
export interface FoundGeneration {
  readonly generation: Generation;
  readonly firstNumber: number;
  readonly firstPreviousTag: Buffer;
  readonly tags: readonly Buffer[];
  readonly ends: readonly number[];
}

const NAME = /^private-(\d{9})\.(base|entries)$/;

/** `private-000000007.entries` */
export function generationFileName(generation: number, kind: SealedFileKind): string {
  return `private-${String(generation).padStart(9, '0')}.${kind}`;
}

/** The generations that have a file of this kind, oldest first. */
export async function listGenerations(files: FilePort, directory: string, kind: SealedFileKind): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await files.list(directory)) {
    const [, generation, found] = NAME.exec(name) ?? [];
    if (found === kind) numbers.push(Number(generation));
  }
  return numbers;
}

/** Makes a base file durably, name and all. */
export async function createBase(place: GenerationPlace, number: number, entries: AsyncIterable<BaseEntry>): Promise<{ base: SortedBase; footer: BaseFooter }> {
  const { files, directory } = place;
  const path = join(directory, generationFileName(number, 'base'));
  await files.remove(path);
  const file = await files.open(path, 'create');
  try {
    const made = await SortedBase.write(path, file, newSealedFile(place.key, 'base', number), entries);
    await file.sync();
    await files.syncDirectory(directory);
    return made;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Makes the file of entries of a new generation durably. Its first frame is an entry of the journal like any other; it names the base.
 * @param count the number of that entry, and `lastTag` the tag of the one before.
 */
export async function createGeneration(place: GenerationPlace, number: number, count: number, lastTag: Buffer, base?: { base: SortedBase; footer: BaseFooter }): Promise<Generation> {
  const { files, directory } = place;
  const path = join(directory, generationFileName(number, 'entries'));
  const sealed = newSealedFile(place.key, 'entries', number);
  const { raw, tag } = sealFrame(sealed, count, lastTag, encodeFooter(base?.footer));
  await files.remove(path);
  const file = await files.open(path, 'create');
  await file.write(0, Buffer.concat([sealed.header, raw]));
  await file.sync();
  await files.syncDirectory(directory);
  return new Generation(number, path, file, sealed, base?.base, SEALED_HEADER_BYTES + raw.length, count + 1, tag);
}

/**
 * Opens a generation and reads its entries up to the first that doesn't open or follow.
 * @throws DamagedStoreError when its header, first frame or base is damaged or made with another key.
 */
export async function findGeneration(place: GenerationPlace, number: number): Promise<FoundGeneration> {
  const path = join(place.directory, generationFileName(number, 'entries'));
  const file = await place.files.open(path, 'update');
  let base: SortedBase | undefined;
  try {
    const sealed = await sealedFile(place, path, file, 'entries', number);
    const reader = new WindowReader(file);
    const first = await openFrame(sealed, reader, SEALED_HEADER_BYTES);
    if (typeof first === 'string') throw damaged(path, SEALED_HEADER_BYTES, 'the first entry is damaged');
    const footer = decodeFooter(first.content);
    base = footer && (await openBase(place, number, footer));
    const generation = new Generation(number, path, file, sealed, base, SEALED_HEADER_BYTES + first.length, first.number + 1, first.tag);
    const found = { generation, firstNumber: first.number, firstPreviousTag: first.previousTag, tags: [first.tag], ends: [generation.end] };
    await readEntries(reader, found);
    return found;
  } catch (error) {
    await file.close();
    await base?.file.close();
    throw error;
  }
}

async function readEntries(reader: WindowReader, { generation, tags, ends }: { generation: Generation; tags: Buffer[]; ends: number[] }): Promise<void> {
  for (;;) {
    const frame = await openFrame(generation.sealed, reader, generation.end);
    if (typeof frame === 'string' || frame.number !== generation.count || !frame.previousTag.equals(generation.lastTag)) return;
    generation.index(generation.end, decodeChanges(frame.content));
    generation.end += frame.length;
    generation.count++;
    generation.lastTag = frame.tag;
    tags.push(frame.tag);
    ends.push(generation.end);
  }
}

async function openBase(place: GenerationPlace, number: number, footer: BaseFooter): Promise<SortedBase> {
  const path = join(place.directory, generationFileName(number, 'base'));
  if (!(await place.files.exists(path))) throw damaged(path, 0, 'the base is missing');
  const file = await place.files.open(path, 'read');
  try {
    return await SortedBase.open(path, file, await sealedFile(place, path, file, 'base', number), footer);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function sealedFile(place: GenerationPlace, path: string, file: OpenFile, kind: SealedFileKind, number: number): Promise<SealedFile> {
  const sealed = sealedFileOf(place.key, kind, number, await file.read(0, SEALED_HEADER_BYTES));
  if (sealed === 'foreign') throw foreignKey(place.keyFile);
  if (sealed === 'damaged') throw damaged(path, 0, "the file's header is damaged");
  return sealed;
}

function encodeFooter(footer: BaseFooter | undefined): Buffer {
  return Buffer.from(footer === undefined ? '' : `${footer.offset} ${footer.tag}`, 'latin1');
}

function decodeFooter(content: Buffer): BaseFooter | undefined {
  const [offset, tag] = content.toString('latin1').split(' ');
  return tag === undefined ? undefined : { offset: Number(offset), tag };
}

function damaged(file: string, offset: number, problem: string): DamagedStoreError {
  return new DamagedStoreError({ file, offset, problem, nextStep: RESTORE_STEP });
}
