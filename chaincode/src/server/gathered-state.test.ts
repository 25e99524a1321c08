import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { gatheringHandler, type PeerMessage, type PeerMessageClass, type StateHandler, type StateHandlerClass } from './gathered-state';
import type { PeerOffer } from './peer-messages';

/** The part of fabric-protos that the peer of these tests reads messages with. It has none of those of many keys, but others of their form. */
interface Protos {
  readonly ChaincodeMessage: PeerMessageClass & { readonly Type: Readonly<Record<string, number>> };
  readonly GetState: Decoder<{ getKey(): string }>;
  readonly PutState: Decoder<{ getKey(): string; getValue_asU8(): Uint8Array }>;
  readonly PutStateMetadata: Decoder<{ getKey(): string; getMetadata(): { getMetakey(): string; getValue_asU8(): Uint8Array } | undefined }>;
  readonly ChaincodeInput: Decoder<{ getArgsList_asU8(): Uint8Array[] }> & (new () => { setArgsList(list: Uint8Array[]): void; serializeBinary(): Uint8Array });
}
interface Decoder<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

const require = createRequire(__filename);
const { ChaincodeMessageHandler } = require('fabric-shim/lib/handler.js') as { ChaincodeMessageHandler: StateHandlerClass };
const { peer: protos } = createRequire(require.resolve('fabric-shim'))('@hyperledger/fabric-protos') as { peer: Protos };
const { Type } = protos.ChaincodeMessage;
const [WRITE_BATCH, GET_MULTIPLE] = [24, 25];

/** A peer's side of the stream: it answers from its state, and keeps what it was asked. */
class Peer extends EventEmitter {
  readonly messages: string[] = [];
  readonly written: string[] = [];
  isBroken = false;

  constructor(
    private readonly state: Readonly<Record<string, string>>,
    private readonly offer: PeerOffer | undefined,
  ) {
    super();
  }

  write(message: PeerMessage & { getTxid(): string; getChannelId(): string }): void {
    const [type, payload] = [message.getType(), message.getPayload_asU8()];
    if (type === Type.REGISTER) {
      this.say(Type.REGISTERED, Buffer.alloc(0), message);
      this.say(Type.READY, this.offer === undefined ? Buffer.alloc(0) : offerBytes(this.offer), message);
      return;
    }
    const [answer, line] = this.answer(type, payload);
    this.messages.push(`${message.getTxid()} ${line}`);
    // As a peer would: later.
    setImmediate(() => this.say(this.isBroken ? Type.ERROR : Type.RESPONSE, this.isBroken ? Buffer.from('the state is away') : answer, message));
  }

  end(): void {}

  private say(type: number | undefined, payload: Uint8Array, to: { getTxid(): string; getChannelId(): string }): void {
    const message = new protos.ChaincodeMessage();
    message.setType(type ?? -1);
    message.setPayload(payload);
    message.setTxid(to.getTxid());
    message.setChannelId(to.getChannelId());
    this.emit('data', message);
  }

  private answer(type: number, payload: Uint8Array): [Uint8Array, string] {
    const list = (): Buffer[] => protos.ChaincodeInput.deserializeBinary(payload).getArgsList_asU8().map((each) => Buffer.from(each));
    if (type === Type.GET_STATE) return this.read(protos.GetState.deserializeBinary(payload).getKey());
    if (type === GET_MULTIPLE) {
      const keys = list().map(String);
      return [listed(keys.map((key) => this.read(key)[0])), `get ${keys.join()}`];
    }
    const written = type === WRITE_BATCH ? list().map(writeOf) : [type === Type.PUT_STATE ? put(payload) : policy(payload)];
    this.written.push(...written);
    return [Buffer.alloc(0), `put ${written.join()}`];
  }

  private read(key: string): [Uint8Array, string] {
    return [Buffer.from(this.state[key] ?? ''), `get ${key}`];
  }
}

const put = (bytes: Uint8Array): string => `${protos.PutState.deserializeBinary(bytes).getKey()}=${Buffer.from(protos.PutState.deserializeBinary(bytes).getValue_asU8()).toString()}`;
const policy = (bytes: Uint8Array): string => `${protos.PutStateMetadata.deserializeBinary(bytes).getKey()}:${protos.PutStateMetadata.deserializeBinary(bytes).getMetadata()?.getMetakey() ?? ''}`;
/** A write of a batch: the type of a record is its last byte. */
const writeOf = (record: Uint8Array): string => (record.at(-1) === 9 ? put(record) : policy(record));

function listed(values: Uint8Array[]): Uint8Array {
  const list = new protos.ChaincodeInput();
  list.setArgsList(values);
  return list.serializeBinary();
}

function offerBytes({ mostReads, mostWrites }: PeerOffer): Uint8Array {
  return Uint8Array.of(8, 1, 16, mostWrites, 24, 1, 32, mostReads);
}

function conversation(state: Readonly<Record<string, string>>, offer?: PeerOffer): { peer: Peer; handler: StateHandler } {
  const peer = new Peer(state, offer);
  const Handler = gatheringHandler(ChaincodeMessageHandler, protos.ChaincodeMessage);
  const handler = new Handler(...([peer, {}] as never[]));
  const opening = new protos.ChaincodeMessage();
  opening.setType(Type.REGISTER ?? -1);
  handler.chat(opening);
  return { peer, handler };
}

const STATE = { a: '1', b: '2', d: '4', e: '5' };
const KEYS = ['a', 'b', 'c', 'd', 'e'];
const get = (handler: StateHandler, key: string, txId = 'tx') => handler.handleGetState('', key, 'channel', txId).then(String);
const write = (handler: StateHandler, key: string, txId = 'tx') => Promise.all([handler.handlePutState('', key, Buffer.from(`new ${key}`), 'channel', txId), handler.handlePutStateMetadata('', key, 'POLICY', Uint8Array.of(0), 'channel', txId)]);

describe('state of many keys', () => {
  it('is read in one message, each key its own value, an absent one empty', async () => {
    const { peer, handler } = conversation(STATE, { mostReads: 100, mostWrites: 100 });
    expect(await Promise.all(KEYS.map((key) => get(handler, key)))).toEqual(['1', '2', '', '4', '5']);
    expect(peer.messages).toEqual(['tx get a,b,c,d,e']);
  });

  it('goes in as many messages as the peer sets, and one key as one', async () => {
    const { peer, handler } = conversation(STATE, { mostReads: 2, mostWrites: 3 });
    expect(await Promise.all(KEYS.map((key) => get(handler, key)))).toEqual(['1', '2', '', '4', '5']);
    expect(await get(handler, 'd')).toBe('4');
    await Promise.all(['x', 'y'].map((key) => write(handler, key)));
    expect(peer.messages).toEqual(['tx get a,b', 'tx get c,d', 'tx get e', 'tx get d', 'tx put x=new x,x:POLICY,y=new y', 'tx put y:POLICY']);
  });

  it('is read key by key, and written so in the same order, where the peer offers nothing or less', async () => {
    for (const offer of [undefined, { mostReads: 0, mostWrites: 0 }]) {
      const { peer, handler } = conversation(STATE, offer);
      expect(await Promise.all(KEYS.map((key) => get(handler, key)))).toEqual(['1', '2', '', '4', '5']);
      await write(handler, 'x');
      expect(peer.messages).toEqual([...KEYS.map((key) => `tx get ${key}`), 'tx put x=new x', 'tx put x:POLICY']);
    }
    const { peer, handler } = conversation(STATE, { mostReads: 0, mostWrites: 9 });
    await Promise.all([get(handler, 'a'), get(handler, 'b'), write(handler, 'x')]);
    expect(peer.messages).toEqual(['tx get a', 'tx get b', 'tx put x=new x,x:POLICY']);
  });

  it('is read in one message by all that runs before it has to wait', async () => {
    const { peer, handler } = conversation(STATE, { mostReads: 100, mostWrites: 100 });
    const later = async (key: string, steps: number): Promise<string> => {
      for (let step = 0; step < steps; step++) await Promise.resolve();
      return get(handler, key);
    };
    expect(await Promise.all([later('a', 0), later('b', 3), later('d', 20)])).toEqual(['1', '2', '4']);
    expect(peer.messages).toEqual(['tx get a,b,d']);
  });

  it('is never mixed between transactions', async () => {
    const { peer, handler } = conversation(STATE, { mostReads: 100, mostWrites: 100 });
    expect(await Promise.all(['one', 'two'].flatMap((txId) => ['a', 'b'].map((key) => get(handler, key, txId))))).toEqual(['1', '2', '1', '2']);
    expect(peer.messages).toEqual(['one get a,b', 'two get a,b']);
  });

  it('is written in the order of setting, values and policies', async () => {
    const { peer, handler } = conversation({}, { mostReads: 100, mostWrites: 100 });
    await Promise.all(['x', 'y'].map((key) => write(handler, key)));
    expect(peer.written).toEqual(['x=new x', 'x:POLICY', 'y=new y', 'y:POLICY']);
    expect(peer.messages).toHaveLength(1);
  });

  it("fails for all that asked when the peer can't read or write it", async () => {
    const { peer, handler } = conversation(STATE, { mostReads: 100, mostWrites: 100 });
    peer.isBroken = true;
    const reads = await Promise.allSettled([get(handler, 'a'), get(handler, 'b')]);
    const writes = await Promise.allSettled([write(handler, 'x'), write(handler, 'y')]);
    expect([...reads, ...writes].map((each) => (each.status === 'rejected' ? (each.reason as Error).message : 'answered'))).toEqual(Array.from({ length: 4 }, () => 'the state is away'));
    peer.isBroken = false;
    expect(await get(handler, 'a')).toBe('1');
  });
});
