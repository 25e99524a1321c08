import { open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';

/** At open at most so many bytes are checked against the seal, the newest files first: a start takes at most 2 s at any size. */
export const CHECKED_BYTES = 512 * 1024 * 1024;

/** After so many sessions in a row that didn't end cleanly the state is thrown away and replayed. */
export const MAX_UNCLEAN_SESSIONS = 3;

const sealSchema = z.strictObject({ files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), checksum: z.int() })) });

/**
 * The seal of a state at rest: size and CRC-32 of each of LevelDB's files, written when the state is closed and removed when it
 * is opened. LevelDB ends the whole process when it meets some kinds of damage, so damage must be found before it looks: by the seal
 * after a clean end, by counting sessions otherwise.
 */
export class StateSeal {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Begins a session. @returns whether LevelDB may open the directory; false: throw it away first. */
  async begin(): Promise<boolean> {
    const seal = await this.#read();
    const isIntact = seal === undefined ? undefined : await this.#matches(seal);
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
    const files = await Promise.all((await this.#names()).map((name) => this.#describe(name)));
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

  async #describe(name: string): Promise<{ name: string; bytes: number; checksum: number }> {
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
