import { join } from 'node:path';
import { Anchor, type AnchorRecord } from './anchor';
import { DamagedStoreError, RESTORE_STEP } from './damaged-store-error';
import { loadDataKey } from './data-key';
import { EncryptedJournal } from './encrypted-journal';
import type { Generation } from './generation';
import { createGeneration, findGeneration, type FoundGeneration, generationFileName, type GenerationPlace, listGenerations } from './generation-files';
import type { PrivateJournal, PrivateJournalOptions } from './journal';
import { anchorHash, NO_TAG } from './sealed-frame';

/** The anchor's file in the anchor directory. */
export const PRIVATE_ANCHOR_FILE = 'private.anchor';

/** The journal compacts itself after so many appended bytes. */
export const COMPACT_AT_BYTES = 64 * 1024 * 1024;

/**
 * Opens a private journal, or makes an empty one. A torn entry past the anchor is cut off; one that verifies is kept, written again
 * and anchored; a compaction that a crash interrupted counts as not done, or as done.
 * @throws DamagedStoreError when the store doesn't hold what its anchor names, or the key file is missing or another store's.
 */
export async function openPrivateJournal(options: PrivateJournalOptions): Promise<PrivateJournal> {
  const { files, directory, anchorDirectory, keyFile } = options;
  await files.makeDirectory(directory);
  await files.makeDirectory(anchorDirectory);
  const existing = await listGenerations(files, directory, 'entries');
  const anchor = await openAnchor(options, existing.length > 0);
  try {
    const key = await loadDataKey(files, keyFile, anchor.latest.count === 0);
    const place: GenerationPlace = { files, directory, key, keyFile };
    const generation = await openNewest(place, existing, anchor);
    await removeOthers(place, generation.number);
    return new EncryptedJournal(place, anchor, generation, options.compactAtBytes ?? COMPACT_AT_BYTES);
  } catch (error) {
    await anchor.close();
    throw error;
  }
}

async function openAnchor({ files, directory, anchorDirectory }: PrivateJournalOptions, hasEntries: boolean): Promise<Anchor> {
  const path = join(anchorDirectory, PRIVATE_ANCHOR_FILE);
  const anchor = await Anchor.open(files, path);
  if (anchor !== undefined) return anchor;
  if (hasEntries) {
    const problem = `the anchor is missing, so nothing proves that ${directory} holds every acknowledged entry`;
    throw new DamagedStoreError({ file: path, offset: 0, problem, nextStep: `put the file back, or ${RESTORE_STEP}` });
  }
  return Anchor.create(files, path);
}

/** The newest generation that agrees with the anchor; an older one only reaches it when the newer was never acknowledged. */
async function openNewest(place: GenerationPlace, existing: readonly number[], anchor: Anchor): Promise<Generation> {
  let refusal: unknown;
  for (const number of [...existing].reverse()) {
    try {
      return await openGeneration(place, number, anchor);
    } catch (error) {
      if (!(error instanceof DamagedStoreError)) throw error;
      refusal ??= error;
    }
  }
  if (anchor.latest.count > 0)
    throw refusal ?? new DamagedStoreError({ file: place.directory, offset: 0, problem: 'the files of the private journal are missing', nextStep: RESTORE_STEP });
  const generation = await createGeneration(place, 0, 0, NO_TAG);
  await anchor.append({ count: generation.count, hash: anchorHash(generation.lastTag) });
  return generation;
}

async function openGeneration(place: GenerationPlace, number: number, anchor: Anchor): Promise<Generation> {
  const found = await findGeneration(place, number);
  try {
    refuseBehind(found, anchor.latest);
    await adoptUnanchored(place, found, anchor);
    return found.generation;
  } catch (error) {
    await found.generation.release();
    throw error;
  }
}

function refuseBehind({ generation, firstNumber, firstPreviousTag, tags }: FoundGeneration, { count, hash }: AnchorRecord): void {
  const { path, end } = generation;
  const refuse = (offset: number, problem: string): never => {
    throw new DamagedStoreError({ file: path, offset, problem, nextStep: RESTORE_STEP });
  };
  if (generation.count < count) refuse(end, `entry ${generation.count} of ${count} acknowledged is damaged or missing`);
  const tag = count === firstNumber ? firstPreviousTag : tags[count - firstNumber - 1];
  const isFirst = count === 0 && firstNumber === 0;
  if (!isFirst && (tag === undefined || anchorHash(tag) !== hash)) refuse(0, 'its entries are not those that the anchor names');
}

async function adoptUnanchored({ files, directory }: GenerationPlace, { generation, firstNumber, ends }: FoundGeneration, anchor: Anchor): Promise<void> {
  const { file, end, count } = generation;
  if ((await file.size()) > end) await file.truncate(end);
  // A failed sync may have left these in memory only: they are written again before they count.
  const anchored = anchor.latest.count - firstNumber;
  const from = anchored <= 0 ? 0 : (ends[anchored - 1] ?? end);
  if (end > from) await file.write(from, await file.read(from, end - from));
  await file.sync();
  await files.syncDirectory(directory);
  if (count > anchor.latest.count) await anchor.append({ count, hash: anchorHash(generation.lastTag) });
}

async function removeOthers({ files, directory }: GenerationPlace, current: number): Promise<void> {
  for (const kind of ['base', 'entries'] as const)
    for (const number of await listGenerations(files, directory, kind)) if (number !== current) await files.remove(join(directory, generationFileName(number, kind)));
  await files.syncDirectory(directory);
}
