import { BlockFeed, RECENT_BLOCKS } from './block-feed';
import type { CommittedBlock } from './ledger';

const aBlock = (block: number): CommittedBlock => ({ block, hash: `${block}`, previousHash: `${block - 1}`, time: '', transactions: [] });

/** A feed over blocks that are stored as they are published; with the numbers of those that were read from there. */
function aFeed(stored: number): { readonly feed: BlockFeed; readonly read: number[]; publish(count: number): void } {
  let length = stored;
  const read: number[] = [];
  const feed = new BlockFeed(stored - 1, async function* (from) {
    for (let number = from; number < length; number++) {
      read.push(number);
      yield aBlock(number);
    }
  });
  const publish = (count: number): void => {
    for (let published = 0; published < count; published++) feed.publish(aBlock(length++));
  };
  return { feed, read, publish };
}

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, index) => from + index);

async function numbers(stream: AsyncIterator<CommittedBlock>, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) seen.push(((await stream.next()).value as CommittedBlock).block);
  return seen;
}

describe('a feed of blocks', () => {
  it('goes over from stored to new blocks without gap or repeat', async () => {
    const { feed, publish } = aFeed(5);
    const stream = feed.blocks(2, new AbortController().signal);
    expect(await numbers(stream, 3)).toEqual([2, 3, 4]);
    const coming = numbers(stream, 2);
    publish(2);
    expect(await coming).toEqual([5, 6]);
  });

  it('takes what was published before it was asked from memory, and what is longer ago from where it is stored', async () => {
    const { feed, read, publish } = aFeed(1);
    publish(RECENT_BLOCKS + 10);
    expect(await numbers(feed.blocks(11, new AbortController().signal), RECENT_BLOCKS)).toEqual(upTo(RECENT_BLOCKS + 11, 11));
    expect(read).toEqual([]);
    expect(await numbers(feed.blocks(5, new AbortController().signal), RECENT_BLOCKS + 6)).toEqual(upTo(RECENT_BLOCKS + 11, 5));
    expect(read.slice(0, 6)).toEqual(upTo(11, 5));
  });

  it('loses nothing to a reader that is slower than the ledger', async () => {
    const { feed, publish } = aFeed(1);
    const stream = feed.blocks(0, new AbortController().signal);
    const seen = await numbers(stream, 1);
    for (let round = 0; round < 10; round++) {
      publish(RECENT_BLOCKS);
      seen.push(...(await numbers(stream, RECENT_BLOCKS / 2)));
    }
    seen.push(...(await numbers(stream, 5 * RECENT_BLOCKS)));
    expect(seen).toEqual(upTo(10 * RECENT_BLOCKS + 1));
  });

  it('ends when it is aborted, and with an error when the ledger is closed', async () => {
    const { feed } = aFeed(0);
    const stop = new AbortController();
    const [aborted, closed] = [feed.blocks(0, stop.signal).next(), feed.blocks(0, new AbortController().signal).next()];
    stop.abort();
    feed.close(new Error('closed'));
    expect(await aborted).toEqual({ done: true, value: undefined });
    await expect(closed).rejects.toThrow('closed');
  });
});
