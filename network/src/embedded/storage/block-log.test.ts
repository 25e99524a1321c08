import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Anchor } from './anchor';
import { type BlockLog, type LoggedBlock, MAX_BLOCK_BYTES, NO_BLOCK_HASH } from './block-log';
import { DamagedStoreError, StoreUnavailableError } from './damaged-store-error';
import { nodeFiles } from './node-files';
import { openBlockLog } from './open-block-log';

const DIRECTORIES: string[] = [];

async function aPlace(): Promise<{ directory: string; anchorDirectory: string }> {
  const root = await mkdtemp(join(tmpdir(), 'kesu-block-log-'));
  DIRECTORIES.push(root);
  return { directory: join(root, 'data', 'blocks'), anchorDirectory: join(root, 'anchor') };
}

afterAll(async () => {
  for (const directory of DIRECTORIES) await rm(directory, { recursive: true });
});

/** Blocks of a chain: each one's hash is over its number and the one before. */
function aChain(length: number, size = 300): LoggedBlock[] {
  const blocks: LoggedBlock[] = [];
  let previousHash = NO_BLOCK_HASH;
  for (let number = 0; number < length; number++) {
    const hash = createHash('sha256').update(`${number} ${previousHash}`).digest('hex');
    blocks.push({ number, hash, previousHash, bytes: Uint8Array.from(Buffer.alloc(size + (number % 7), `block ${number} `)) });
    previousHash = hash;
  }
  return blocks;
}

async function aLogOf(place: { directory: string; anchorDirectory: string }, blocks: readonly LoggedBlock[], segmentBytes = 4096): Promise<BlockLog> {
  const log = await openBlockLog({ files: nodeFiles, ...place, segmentBytes });
  for (const block of blocks) await log.append(block);
  return log;
}

async function contents(log: BlockLog, from = 0): Promise<LoggedBlock[]> {
  const blocks: LoggedBlock[] = [];
  for await (const block of log.iterate(from)) blocks.push(block);
  return blocks;
}

const NEVER = new AbortController().signal;

describe('the block log', () => {
  it('has no head while it is empty, also when opened again', async () => {
    const place = await aPlace();
    await (await aLogOf(place, [])).close();
    const log = await aLogOf(place, []);
    expect(log.head).toBeUndefined();
    expect(await contents(log)).toEqual([]);
    await log.close();
  });

  it('gives back every block over many segments, by number and in order, before and after a restart', async () => {
    const place = await aPlace();
    const blocks = aChain(60);
    for (const log of [await aLogOf(place, blocks), await aLogOf(place, [])]) {
      expect(log.head).toEqual({ number: 59, hash: blocks[59]?.hash });
      for (const block of blocks) expect(await log.read(block.number)).toEqual(block);
      expect(await contents(log)).toEqual(blocks);
      expect(await contents(log, 37)).toEqual(blocks.slice(37));
      expect((await log.verifyOlderSegments(NEVER)).damaged).toEqual([]);
      await log.close();
    }
    expect((await readdir(place.directory)).filter((name) => name.endsWith('.segment')).length).toBeGreaterThan(4);
  });

  it('goes on with the chain after a restart', async () => {
    const place = await aPlace();
    const blocks = aChain(40);
    await (await aLogOf(place, blocks.slice(0, 17))).close();
    const log = await aLogOf(place, blocks.slice(17));
    expect(await contents(log)).toEqual(blocks);
    expect((await log.verifyOlderSegments(NEVER)).verified).toBeGreaterThan(2);
    await log.close();
  });

  it('takes a block that is larger than a segment, up to the limit', async () => {
    const place = await aPlace();
    const blocks = aChain(3, 10_000);
    const log = await aLogOf(place, blocks);
    expect(await contents(log)).toEqual(blocks);
    const tooBig = { ...(aChain(4)[3] as LoggedBlock), bytes: new Uint8Array(MAX_BLOCK_BYTES + 1) };
    await expect(log.append(tooBig)).rejects.toThrow(RangeError);
    await log.close();
  });

  it('refuses a block that does not follow the head, and stays available', async () => {
    const blocks = aChain(4);
    const log = await aLogOf(await aPlace(), blocks.slice(0, 2));
    const [, , third, fourth] = blocks as [LoggedBlock, LoggedBlock, LoggedBlock, LoggedBlock];
    await expect(log.append(fourth)).rejects.toThrow(RangeError);
    await expect(log.append({ ...third, previousHash: third.hash })).rejects.toThrow(RangeError);
    await log.append(third);
    expect(log.head?.number).toBe(2);
    await log.close();
  });

  it('refuses appends after it was closed, and reads past its head', async () => {
    const blocks = aChain(2);
    const log = await aLogOf(await aPlace(), blocks.slice(0, 1));
    await expect(log.read(1)).rejects.toThrow(RangeError);
    await log.close();
    await expect(log.append(blocks[1] as LoggedBlock)).rejects.toThrow(StoreUnavailableError);
  });

  it('finds its blocks when the side files of the segments are lost or wrong', async () => {
    const place = await aPlace();
    const blocks = aChain(60);
    await (await aLogOf(place, blocks)).close();
    const sides = (await readdir(place.directory)).filter((name) => name.endsWith('.offsets'));
    await unlink(join(place.directory, sides[0] as string));
    await truncate(join(place.directory, sides[1] as string), 5);
    const log = await aLogOf(place, []);
    for (const block of blocks) expect(await log.read(block.number)).toEqual(block);
    await log.close();
    expect((await readdir(place.directory)).filter((name) => name.endsWith('.offsets'))).toEqual(sides);
  });

  it('refuses to open without its anchor, and names the next step', async () => {
    const place = await aPlace();
    await (await aLogOf(place, aChain(3))).close();
    await unlink(join(place.anchorDirectory, 'blocks.anchor'));
    await expect(aLogOf(place, [])).rejects.toThrow(/blocks\.anchor .*anchor is missing.*kesu backup restore/);
  });

  it('refuses to open behind its anchor, and names the missing blocks', async () => {
    const place = await aPlace();
    await (await aLogOf(place, aChain(60))).close();
    const segments = (await readdir(place.directory)).filter((name) => name.endsWith('.segment'));
    await unlink(join(place.directory, segments.at(-1) as string));
    await expect(aLogOf(place, [])).rejects.toThrow(/block(s \d+ to)? 59 (is|are) missing/);
    for (const name of await readdir(place.directory)) await unlink(join(place.directory, name));
    await expect(aLogOf(place, [])).rejects.toThrow(/blocks 0 to 59 are missing/);
  });

  it('refuses to open with a segment missing between others', async () => {
    const place = await aPlace();
    await (await aLogOf(place, aChain(60))).close();
    const segments = (await readdir(place.directory)).filter((name) => name.endsWith('.segment'));
    await unlink(join(place.directory, segments[2] as string));
    await expect(aLogOf(place, [])).rejects.toThrow(DamagedStoreError);
  });

  it('does not let its anchor grow without bound', async () => {
    const place = await aPlace();
    const path = join(place.anchorDirectory, 'small.anchor');
    await nodeFiles.makeDirectory(place.anchorDirectory);
    const anchor = await Anchor.create(nodeFiles, path, 1024);
    for (let count = 1; count <= 100; count++) await anchor.append({ count, hash: 'ab'.repeat(32) });
    await anchor.close();
    const file = await nodeFiles.open(path, 'read');
    expect(await file.size()).toBeLessThanOrEqual(1024);
    await file.close();
    const opened = await Anchor.open(nodeFiles, path, 1024);
    expect(opened?.latest.count).toBe(100);
    await opened?.close();
  });
});
