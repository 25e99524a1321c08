import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';

/** At open at most so many bytes are checked against the seal, the newest files first: a start takes at most 2 s at any size. */
export const CHECKED_BYTES = 512 * 1024 * 1024;

/** After so many sessions in a row that didn't end cleanly the state is thrown away and replayed. */
export const MAX_UNCLEAN_SESSIONS = 3;

/** The name of a table of LevelDB ends so. */
const TABLE = '.ldb';

const sealedFileSchema = z.strictObject({ name: z.string(), bytes: z.int(), checksum: z.int() });
type SealedFile = z.infer<typeof sealedFileSchema>;

const sealSchema = z.strictObject({ files: z.array(sealedFileSchema) });

/**
 * The seal of a state at rest: size and CRC-32 of each of LevelDB's files, written when the state is closed and removed when it
 * is opened. LevelDB ends the whole process when it meets some kinds of damage, so damage must be found before it looks: by the seal
 * after a clean end, by counting sessions otherwise.
 */
export class StateSeal {
  readonly #directory: string;
  /** What the last seal said of the tables: LevelDB never changes one, so they needn't be read again when the state is closed. */
  #sealed: ReadonlyMap<string, SealedFile> = new Map();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Begins a session. @returns whether LevelDB may open the directory; false: throw it away first. */
  async begin(): Promise<boolean> {
    const seal = await this.#read();
    const isIntact = seal === undefined ? undefined : await this.#matches(seal);
    this.#sealed = new Map(seal?.files.filter(({ name }) => name.endsWith(TABLE)).map((file) => [file.name, file]));
    const sessions = isIntact === undefined ? (await this.#uncleanSessions()) + 1 : 0;
    const isUsable = isIntact ?? sessions <= MAX_UNCLEAN_SESSIONS;
    await writeFile(this.#sessionPath(), String(isUsable ? sessions : 0));
    await rm(this.#sealPath(), { force: true });
    return isUsable;
  }

  /** The whole state was found right: sessions are counted anew. */
  async vouch(): Promise<void> {
    await writeFile(this.#sessionPath(), '0');
  }

  /** Ends a session cleanly; LevelDB must be closed. */
  async end(): Promise<void> {
    const files: SealedFile[] = [];
    // One after the other: all together would need memory for the whole state.
    for (const name of await this.#names()) files.push(await this.#describeSealed(name));
    const handle = await open(this.#sealPath(), 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify({ files }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rm(this.#sessionPath(), { force: true });
  }

  async #matches({ files }: z.infer<typeof sealSchema>): Promise<boolean> {
    const names = await this.#names();
    if (names.join() !== files.map(({ name }) => name).join()) return false;
    let checked = 0;
    for (const file of [...files].reverse()) {
      checked += file.bytes;
      if (checked > CHECKED_BYTES && checked !== file.bytes) break;
      const found = await this.#describe(file.name);
      if (found.bytes !== file.bytes || found.checksum !== file.checksum) return false;
    }
    return true;
  }

  async #describeSealed(name: string): Promise<SealedFile> {
    const sealed = this.#sealed.get(name);
    const isSame = sealed !== undefined && (await stat(join(this.#directory, name))).size === sealed.bytes;
    return isSame ? sealed : this.#describe(name);
  }

  async #describe(name: string): Promise<SealedFile> {
    const content = await readFile(join(this.#directory, name));
    return { name, bytes: content.length, checksum: crc32(content) };
  }

  /** LevelDB's files but its lock and its own log of what it did. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.#directory).catch((): string[] => []);
    return names.filter((name) => name !== 'LOCK' && !name.startsWith('LOG')).sort();
  }

  async #read(): Promise<z.infer<typeof sealSchema> | undefined> {
    try {
      return sealSchema.parse(JSON.parse(await readFile(this.#sealPath(), 'utf8')));
    } catch {
      return undefined;
    }
  }

  async #uncleanSessions(): Promise<number> {
    const count = Number(await readFile(this.#sessionPath(), 'utf8').catch(() => '0'));
    return Number.isSafeInteger(count) ? count : MAX_UNCLEAN_SESSIONS;
  }

  #sealPath(): string {
    return `${this.#directory}.seal`;
  }

  #sessionPath(): string {
    return `${this.#directory}.session`;
  }
}
