import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, link, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FilePort, OpenFile, OpenMode } from './file-port';
import { isSystemError } from './system-error';

const FLAGS: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
};

/** The file port over the machine's file system. */
export const nodeFiles: FilePort = {
  async open(path, mode, permissions = 0o600) {
    return new NodeFile(await open(path, FLAGS[mode], permissions));
  },
  async makeDirectory(path) {
    const firstMade = await mkdir(path, { recursive: true, mode: 0o700 });
    if (firstMade === undefined) return;
    for (let made = resolve(path); made.length >= firstMade.length; made = dirname(made)) await syncDirectory(dirname(made));
  },
  syncDirectory,
  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return [];
      throw error;
    }
  },
  async exists(path) {
    try {
      await access(path);
      return true;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return false;
      throw error;
    }
  },
  async rename(from, to) {
    await rename(from, to);
  },
  async createWhole(path, content) {
    const unfinished = `${path}.${randomBytes(8).toString('hex')}`;
    await writeFile(unfinished, content, { mode: 0o600, flag: 'wx' });
    try {
      await link(unfinished, path);
      return true;
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await rm(unfinished, { force: true });
    }
  },
  async remove(path) {
    await rm(path, { force: true });
  },
};

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

class NodeFile implements OpenFile {
  constructor(private readonly handle: FileHandle) {}

  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await this.handle.read(buffer, at, length - at, offset + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return buffer.subarray(0, at);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at, offset + at);
      at += bytesWritten;
    }
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  async truncate(length: number): Promise<void> {
    await this.handle.truncate(length);
  }

  async sync(): Promise<void> {
    await this.handle.datasync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
