import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles, openPrivateJournal } from '@kesu/network';
import { operationIdOf } from './operation';

/** The id of one and the same request at a gateway of its own, asked twice. */
async function idsAtANewGateway(): Promise<[string, string]> {
  const root = await mkdtemp(join(tmpdir(), 'kesu-operation-'));
  const store = await openPrivateJournal({ files: nodeFiles, directory: join(root, 'private'), anchorDirectory: join(root, 'anchors'), keyFile: join(root, 'key') });
  try {
    const parts = { store, random: (bytes: number) => randomBytes(bytes) };
    return [await operationIdOf(parts, 'city-platform', 'key-1'), await operationIdOf(parts, 'city-platform', 'key-1')];
  } finally {
    await store.close();
    await rm(root, { recursive: true });
  }
}

it('gives a request one operation at its gateway, which nobody without its secret can compute', async () => {
  const [first, again] = await idsAtANewGateway();
  const [elsewhere] = await idsAtANewGateway();
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(again).toBe(first);
  expect(elsewhere).not.toBe(first);
});
