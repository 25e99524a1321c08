import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProjectionStore } from './projection-store';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kesu-projection-store-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

function at(block: number) {
  return { block, hash: `hash ${block}`, time: '2026-01-01T00:00:00.000Z' };
}

async function written(store: ProjectionStore): Promise<Record<string, string | undefined>> {
  const entries: Record<string, string | undefined> = {};
  for await (const { key, stored } of store.entries()) if (!key.startsWith('m!')) entries[key] = stored?.body;
  return entries;
}

describe('the store of the projection', () => {
  it('answers what a block set before, while and after it is written', async () => {
    const store = await ProjectionStore.open(join(root, 'projection'));
    const read = () => [store.get('l!a'), store.get('r!1')];
    store.fold(at(0), (draft) => {
      draft.put('l!a', { count: 1 });
      draft.putOpen('r!1', '{"release":1');
    });
    const before = read();
    const writing = store.written();
    const during = read();
    await writing;
    expect([before, during, read()]).toEqual(Array.from({ length: 3 }, () => [{ count: 1 }, { release: 1 }]));
    await store.close();
  });

  it('keeps what is set again while the former value is written', async () => {
    const store = await ProjectionStore.open(join(root, 'projection'));
    store.fold(at(0), (draft) => {
      draft.put('l!a', { count: 1 });
      draft.putOpen('r!1', '{"release":1');
    });
    const writing = store.written();
    store.fold(at(1), (draft) => {
      draft.put('l!a', { count: 2 });
      expect(draft.extend('r!1', ',"outcome":"DELIVERED"')).toBe(true);
    });
    expect([store.get('l!a'), store.get('r!1')]).toEqual([{ count: 2 }, { release: 1, outcome: 'DELIVERED' }]);
    await writing;
    expect(await written(store)).toEqual({ 'l!a': '{"count":2}', 'r!1': '{"release":1,"outcome":"DELIVERED"}' });
    await store.close();
  });

  it('adds to an object that is on disk, and to none that is not there', async () => {
    const store = await ProjectionStore.open(join(root, 'projection'));
    store.fold(at(0), (draft) => draft.putOpen('r!1', '{"release":1'));
    await store.written();
    expect(store.get('r!1')).toEqual({ release: 1 });
    store.fold(at(1), (draft) => {
      expect(draft.extend('r!1', ',"outcome":"FAILED"')).toBe(true);
      expect(draft.extend('r!2', ',"outcome":"FAILED"')).toBe(false);
    });
    await store.written();
    expect(store.get('r!1')).toEqual({ release: 1, outcome: 'FAILED' });
    expect(store.get('r!2')).toBeUndefined();
    await store.close();
  });

  it('answers the newest value of what was read from disk before, or was not there', async () => {
    const store = await ProjectionStore.open(join(root, 'projection'));
    expect([store.get('l!a'), store.get('r!1')]).toEqual([undefined, undefined]);
    for (let block = 0; block < 3; block++) {
      store.fold(at(block), (draft) => {
        draft.put('l!a', { count: block });
        draft.putOpen('r!1', `{"release":${block}`);
      });
      await store.written();
      expect([store.get('l!a'), store.get('r!1'), store.read('r!1')]).toEqual([{ count: block }, { release: block }, { release: block }]);
    }
    await store.close();
  });

  it('shows nothing of a block that could not be folded', async () => {
    const store = await ProjectionStore.open(join(root, 'projection'));
    const fold = () =>
      store.fold(at(0), (draft) => {
        draft.put('l!a', { count: 1 });
        throw new TypeError('an event of an unknown kind');
      });
    expect(fold).toThrow('an event of an unknown kind');
    expect([store.get('l!a'), store.position, store.waiting]).toEqual([undefined, undefined, 0]);
    await store.close();
  });
});
