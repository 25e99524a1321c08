/**
 * State of many keys in one message. fabric-shim 2.5.8 sends its peer a message a key and waits for each answer; a peer of Fabric 3.1 also
 * takes all keys in one, and says so when it is ready, as Fabric's own shim for Go knows since 2.1 (`fabric-chaincode-go`,
 * `shim/handler.go`). What a transaction asks for without waiting in between goes in one message where the peer offers it, and one key a
 * message, in the order of asking, where it doesn't. Nothing else changes: the read set and the writes are the same either way, so that
 * peers of both kinds endorse the same bytes. The contract only has to ask for several keys before it waits.
 */
import { decodeOffer, decodeValues, encodeReads, encodeWrites, GET_STATE_MULTIPLE, NO_OFFER, WRITE_BATCH_STATE, type PeerOffer, type WriteRecord } from './peer-messages';

/** The part of `ChaincodeMessage`, as `@hyperledger/fabric-protos` makes it, that is looked at here. */
export interface PeerMessage {
  getType(): number;
  getPayload_asU8(): Uint8Array;
  setType(type: number): void;
  setPayload(payload: Uint8Array): void;
  setTxid(txId: string): void;
  setChannelId(channel: string): void;
}

/** The stream of messages from and to the peer. */
export interface PeerStream {
  on(event: 'data', listener: (message: PeerMessage) => void): unknown;
}

/** The part of fabric-shim's `ChaincodeMessageHandler` that state goes through. */
export interface StateHandler {
  readonly _stream: PeerStream;
  chat(opening: PeerMessage): void;
  handleGetState(collection: string, key: string, channel: string, txId: string): Promise<Buffer>;
  handlePutState(collection: string, key: string, value: Uint8Array, channel: string, txId: string): Promise<unknown>;
  handlePutStateMetadata(collection: string, key: string, metakey: string, metadata: Uint8Array, channel: string, txId: string): Promise<unknown>;
  /** Sends a message when those before it of the same transaction are answered; answers the payload. */
  _askPeerAndListen(message: PeerMessage, method: string): Promise<Buffer>;
}

/** The class of a handler. */
export type StateHandlerClass = new (...args: never[]) => StateHandler;

/** `ChaincodeMessage` of `@hyperledger/fabric-protos`. */
export interface PeerMessageClass {
  new (): PeerMessage;
  readonly Type: { readonly READY: number };
}

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What is asked for until everything that could run has run, by transaction. */
class Gathering<Asked, Answer> {
  readonly #waiting = new Map<string, Waiting<Asked, Answer>[]>();

  constructor(private readonly send: (asked: readonly Asked[], channel: string, txId: string) => Promise<readonly Answer[]>) {}

  ask(asked: Asked, channel: string, txId: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const name = `${channel} ${txId}`;
      const others = this.#waiting.get(name);
      if (others !== undefined) {
        others.push({ asked, resolve, reject });
        return;
      }
      this.#waiting.set(name, [{ asked, resolve, reject }]);
      // Behind every promise that is settled: whatever the transaction still asks for before it has to wait comes along.
      process.nextTick(() => void this.#flush(name, channel, txId));
    });
  }

  async #flush(name: string, channel: string, txId: string): Promise<void> {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    try {
      const answers = await this.send(waiting.map(({ asked }) => asked), channel, txId);
      for (const [index, { resolve }] of waiting.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

/**
 * The handler class with reads and writes gathered.
 * @param Handler fabric-shim's `ChaincodeMessageHandler`.
 * @param Message the `ChaincodeMessage` of the same fabric-protos.
 */
export function gatheringHandler(Handler: StateHandlerClass, Message: PeerMessageClass): StateHandlerClass {
  return class GatheringHandler extends Handler {
    #offer: PeerOffer = NO_OFFER;
    readonly #reads = new Gathering<string, Buffer>((keys, channel, txId) => this.#read(keys, channel, txId));
    readonly #writes = new Gathering<WriteRecord, undefined>((writes, channel, txId) => this.#write(writes, channel, txId));

    override chat(opening: PeerMessage): void {
      this._stream.on('data', (message) => {
        if (message.getType() === Message.Type.READY) this.#offer = decodeOffer(message.getPayload_asU8());
      });
      super.chat(opening);
    }

    override handleGetState(collection: string, key: string, channel: string, txId: string): Promise<Buffer> {
      return collection === '' && this.#offer.mostReads > 0 ? this.#reads.ask(key, channel, txId) : super.handleGetState(collection, key, channel, txId);
    }

    override handlePutState(collection: string, key: string, value: Uint8Array, channel: string, txId: string): Promise<unknown> {
      return collection === '' && this.#offer.mostWrites > 0 ? this.#writes.ask({ key, value }, channel, txId) : super.handlePutState(collection, key, value, channel, txId);
    }

    override handlePutStateMetadata(collection: string, key: string, metakey: string, metadata: Uint8Array, channel: string, txId: string): Promise<unknown> {
      return collection === '' && this.#offer.mostWrites > 0 ? this.#writes.ask({ key, metakey, metadata }, channel, txId) : super.handlePutStateMetadata(collection, key, metakey, metadata, channel, txId);
    }

    async #read(keys: readonly string[], channel: string, txId: string): Promise<Buffer[]> {
      const [first, ...others] = keys;
      if (first !== undefined && others.length === 0) return [await super.handleGetState('', first, channel, txId)];
      const answers = slices(keys, this.#offer.mostReads).map(async (some) => decodeValues(await this.#ask(GET_STATE_MULTIPLE, encodeReads(some), channel, txId), some.length));
      return (await Promise.all(answers)).flat();
    }

    async #write(writes: readonly WriteRecord[], channel: string, txId: string): Promise<undefined[]> {
      await Promise.all(slices(writes, this.#offer.mostWrites).map((some) => this.#ask(WRITE_BATCH_STATE, encodeWrites(some), channel, txId)));
      return [];
    }

    #ask(type: number, payload: Uint8Array, channel: string, txId: string): Promise<Buffer> {
      const message = new Message();
      message.setType(type);
      message.setPayload(payload);
      message.setTxid(txId);
      message.setChannelId(channel);
      return this._askPeerAndListen(message, 'GatheredState');
    }
  };
}

function slices<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) => all.slice(index * most, (index + 1) * most));
}
