import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of the test that runs now; it goes when the test has ended. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kesu-topology-'));
  scratches.push(directory);
  return directory;
}

const scratches: string[] = [];

afterEach(() => {
  for (const directory of scratches.splice(0)) rmSync(directory, { recursive: true, force: true });
});
