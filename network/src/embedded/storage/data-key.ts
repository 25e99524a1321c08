import { createHash, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { DamagedStoreError } from './damaged-store-error';
import type { FilePort } from './file-port';

/** The key under which the private journal is encrypted, and a name for it that tells nothing of it. */
export interface DataKey {
  readonly secret: Buffer;
  /** 16 bytes that stand in each file's header, so that a wrong key file is told from damage. */
  readonly id: Buffer;
}

const LINE = /^kesu-data-key-1 ([A-Za-z0-9_-]{43})\n$/;
const FIX_STEP = 'put the key file of this store there (it is not part of the data directory; keep a copy of it apart)';

/**
 * The key of a key file: one line, `kesu-data-key-1` and 32 bytes in base64url.
 * @param mayCreate only for a store that holds nothing.
 * @throws DamagedStoreError when the file is missing and may not be made, or is malformed.
 */
export async function loadDataKey(files: FilePort, path: string, mayCreate: boolean): Promise<DataKey> {
  if (!(await files.exists(path))) {
    if (!mayCreate) throw refuse(path, 'the key file of a store that holds entries is missing');
    await createKeyFile(files, path);
  }
  // A start that was killed may have left the name unsynced: nothing may be written under a key that a power cut takes away.
  if (mayCreate) await files.syncDirectory(dirname(path));
  const file = await files.open(path, 'read');
  const [, encoded] = LINE.exec((await file.read(0, 1024)).toString('latin1')) ?? [];
  await file.close();
  if (encoded === undefined) throw refuse(path, 'the key file is malformed');
  const secret = Buffer.from(encoded, 'base64url');
  return { secret, id: createHash('sha256').update('kesu data key id').update(secret).digest().subarray(0, 16) };
}

/** The refusal of a key file that belongs to another store. */
export function foreignKey(path: string): DamagedStoreError {
  return refuse(path, 'the key file is not the one that the store was written with');
}

async function createKeyFile(files: FilePort, path: string): Promise<void> {
  await files.makeDirectory(dirname(path));
  const unfinished = `${path}.new`;
  await files.remove(unfinished);
  const file = await files.open(unfinished, 'create', 0o600);
  await file.write(0, Buffer.from(`kesu-data-key-1 ${randomBytes(32).toString('base64url')}\n`, 'latin1'));
  await file.sync();
  await file.close();
  await files.rename(unfinished, path);
}

function refuse(file: string, problem: string): DamagedStoreError {
  return new DamagedStoreError({ file, offset: 0, problem, nextStep: FIX_STEP });
}
