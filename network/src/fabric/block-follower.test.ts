import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type { Eventer } from 'fabric-common';
import { common, orderer } from 'fabric-protos';
import type { CommittedBlock } from '../ledger';
import { BlockFollower } from './block-follower';
import type { Connection } from './connection';
import { blockHash, type RawBlock } from './decode-block';
import type { BlockSource } from './deliver';
import type { SignedEnvelope } from './proposal';

// A follower that is wrong waits for ever.
jest.setTimeout(10_000);

const READING = { channel: 'kesu', chaincode: 'kesu', reader: { mspId: 'NodeMSP', certificate: '', sign: async () => new Uint8Array() }, now: () => 0 };

/** Blocks without transactions, each on the one before. @param text what makes this chain another than others. */
function aChain(length: number, text = '', after: readonly RawBlock[] = []): RawBlock[] {
  const blocks = [...after];
  while (blocks.length < length) {
    const previous = blocks.at(-1);
    const header = { number: blocks.length, previous_hash: previous === undefined ? new Uint8Array() : Buffer.from(blockHash(previous.header), 'hex'), data_hash: Buffer.from(`${text} ${blocks.length}`) };
    blocks.push({ header, data: { data: [] }, metadata: { metadata: [] } });
  }
  return blocks;
}

/** A peer that delivers what it is told to, over streams as gRPC makes them. */
class FakePeer implements BlockSource {
  readonly connection = { ready: async () => ({ service: { deliver: () => this.deliver() } }) } as unknown as Connection<Eventer>;
  /** The numbers from which it was asked for blocks without end. */
  readonly followedFrom: number[] = [];
  private readonly streams = new Set<Duplex>();
  private readonly follows = new EventTarget();

  constructor(
    readonly name: string,
    private readonly blocks: RawBlock[],
  ) {}

  /** The next blocks, to all who follow. */
  say(...blocks: readonly RawBlock[]): void {
    this.blocks.push(...blocks);
    for (const stream of this.streams) for (const block of blocks) stream.push({ block });
  }

  /** Resolves when somebody follows it. */
  async isFollowed(): Promise<void> {
    if (this.streams.size === 0) await once(this.follows, 'follow');
  }

  private deliver(): Duplex {
    const stream = new Duplex({ objectMode: true, read: () => undefined, write: (envelope: SignedEnvelope, _encoding, done) => {
      this.answer(stream, orderer.SeekInfo.decode(common.Payload.decode(envelope.payload).data));
      done();
    } });
    return Object.assign(stream, { cancel: () => void stream.destroy() });
  }

  private answer(stream: Duplex, { start, stop }: orderer.SeekInfo): void {
    const from = start?.newest === undefined || start.newest === null ? Number(start?.specified?.number) : this.blocks.length - 1;
    const to = Number(stop?.specified?.number ?? from);
    for (const block of this.blocks.slice(from, to + 1)) stream.push({ block });
    if (to < this.blocks.length) return void stream.push({ status: 'SUCCESS' });
    this.followedFrom.push(from);
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    this.follows.dispatchEvent(new Event('follow'));
  }
}

interface Following {
  readonly follower: BlockFollower;
  readonly told: CommittedBlock[];
  /** Resolves when so many blocks were told of. */
  hasTold(count: number): Promise<void>;
}

const followers: BlockFollower[] = [];
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.close();
});

async function follow(...sources: readonly FakePeer[]): Promise<Following> {
  const told: CommittedBlock[] = [];
  const news = new EventTarget();
  const onBlock = (block: CommittedBlock): void => {
    told.push(block);
    news.dispatchEvent(new Event('block'));
  };
  const follower = await BlockFollower.start({ ...READING, sources, onBlock });
  followers.push(follower);
  const hasTold = async (count: number): Promise<void> => {
    while (told.length < count) await once(news, 'block');
  };
  return { follower, told, hasTold };
}

const numbers = (blocks: readonly CommittedBlock[]): number[] => blocks.map(({ block }) => block);

describe('following the blocks of peers', () => {
  it('tells each new block once, in order', async () => {
    const chain = aChain(6);
    const first = new FakePeer('first', chain.slice(0, 3));
    const { follower, told, hasTold } = await follow(first, new FakePeer('second', [...chain]));
    await first.isFollowed();
    first.say(...chain.slice(3));
    await hasTold(3);
    expect([numbers(told), follower.head.block, follower.head.hash, follower.home]).toEqual([[3, 4, 5], 5, told[2]?.hash, first]);
  });

  it.each<[string, (chain: readonly RawBlock[]) => readonly RawBlock[]]>([
    ['skips a block', (chain) => chain.slice(4)],
    ['repeats a block', (chain) => chain.slice(2)],
    ['goes on with the chain of others', () => aChain(5, 'other').slice(3)],
    ['gives a block another number', ([, , , next]) => (next === undefined ? [] : [{ ...next, header: { ...next.header, number: 7 } }])],
    ['gives a block another content', (chain) => [...chain.slice(3, 4), ...aChain(5, 'other').slice(4)]],
  ])('leaves a peer that %s, and goes on from the same block at another', async (_how, lie) => {
    const chain = aChain(6);
    const [liar, honest] = [new FakePeer('liar', chain.slice(0, 3)), new FakePeer('honest', [...chain])];
    const { follower, told, hasTold } = await follow(liar, honest);
    await liar.isFollowed();
    liar.say(...lie(chain));
    await hasTold(3);
    expect([numbers(told), follower.home]).toEqual([[3, 4, 5], honest]);
    expect(told.map(({ hash }) => hash)).toEqual(chain.slice(3).map(({ header }) => blockHash(header)));
    expect(String(follower.lastFailure)).toContain('does not follow block');
  });

  it('leaves a peer that says nothing more when it is suspected', async () => {
    const chain = aChain(4);
    const [silent, other] = [new FakePeer('silent', chain.slice(0, 3)), new FakePeer('other', [...chain])];
    const { follower, told, hasTold } = await follow(silent, other);
    await silent.isFollowed();
    follower.suspect();
    await hasTold(1);
    expect([numbers(told), follower.home, other.followedFrom]).toEqual([[3], other, [3]]);
  });

  it('never goes to a peer that is behind', async () => {
    const chain = aChain(4);
    const [present, behind] = [new FakePeer('present', chain.slice(0, 3)), new FakePeer('behind', chain.slice(0, 2))];
    const { follower, told, hasTold } = await follow(present, behind);
    await present.isFollowed();
    follower.suspect();
    present.say(...chain.slice(3));
    await hasTold(1);
    expect([numbers(told), follower.home, behind.followedFrom]).toEqual([[3], present, []]);
  });
});
