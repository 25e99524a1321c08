import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Who may read a file that holds a secret: its owner. */
const SECRET_MODE = 0o600;

/** Writes a file so that readers see the old content or the new, never a part; makes its directory. */
export function writeWhole(path: string, content: string | Uint8Array, options: { readonly secret?: true } = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.new`;
  try {
    writeFileSync(unfinished, content, options.secret === true ? { mode: SECRET_MODE } : {});
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
