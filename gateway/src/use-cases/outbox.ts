import { createCipheriv, createDecipheriv } from 'node:crypto';
import { bytesToHex, MINUTE_MILLIS } from '@kesu/chaincode/domain';
import type { JournalChange } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';

/** How long a payload is kept for a repeat, unless it is acknowledged before. */
export const OUTBOX_MILLIS = 15 * MINUTE_MILLIS;

const PAYLOADS = 'outbox';
const KEYS = 'outbox-keys';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** A payload sealed under a key of its own; `changes` put both into the journal. */
export interface SealedPayload {
  readonly payloadId: string;
  readonly changes: readonly JournalChange[];
}

/**
 * Payloads kept for a repeat: AES-256-GCM, each under its own key in another table, erased together with it (architecture.md,
 * Release). What is erased is at once unreadable through the journal; {@link Outbox.removeErased} takes it off the disk.
 */
export class Outbox {
  /** By payload, in the order of their ends. */
  readonly #ends = new Map<string, number>();
  #erasedSinceCompaction = false;
  #compactedAt: number;

  private constructor(private readonly parts: Pick<GatewayParts, 'store' | 'clock' | 'random'>) {
    this.#compactedAt = parts.clock.now();
  }

  /** Opens the outbox and finds what was kept before. */
  static async open(parts: Pick<GatewayParts, 'store' | 'clock' | 'random'>): Promise<Outbox> {
    const outbox = new Outbox(parts);
    const kept: [string, number][] = [];
    for await (const { key, value } of parts.store.entries(KEYS)) kept.push([key, value.readDoubleBE(KEY_BYTES)]);
    for (const [payloadId, end] of kept.sort((a, b) => a[1] - b[1])) outbox.#ends.set(payloadId, end);
    return outbox;
  }

  /** Seals a text. Nothing is kept until the changes are committed. */
  seal(text: string): SealedPayload {
    const { random, clock } = this.parts;
    const payloadId = bytesToHex(random(16));
    const [key, nonce] = [random(KEY_BYTES), random(NONCE_BYTES)];
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(payloadId));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const end = clock.now() + OUTBOX_MILLIS;
    const keyWithEnd = Buffer.alloc(KEY_BYTES + 8);
    keyWithEnd.set(key);
    keyWithEnd.writeDoubleBE(end, KEY_BYTES);
    this.#ends.set(payloadId, end);
    return {
      payloadId,
      changes: [
        { table: PAYLOADS, key: payloadId, value: Buffer.concat([nonce, cipher.getAuthTag(), sealed]) },
        { table: KEYS, key: payloadId, value: keyWithEnd },
      ],
    };
  }

  /** The text; undefined when it is erased or its time is over. */
  async open(payloadId: string): Promise<string | undefined> {
    const { store, clock } = this.parts;
    const [sealed, keyWithEnd] = await Promise.all([store.get(PAYLOADS, payloadId), store.get(KEYS, payloadId)]);
    if (sealed === undefined || keyWithEnd === undefined || clock.now() >= keyWithEnd.readDoubleBE(KEY_BYTES)) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', keyWithEnd.subarray(0, KEY_BYTES), sealed.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(payloadId));
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  }

  /** The changes that erase a payload and its key. */
  erasure(payloadId: string): readonly JournalChange[] {
    this.#ends.delete(payloadId);
    this.#erasedSinceCompaction = true;
    return [
      { table: PAYLOADS, key: payloadId },
      { table: KEYS, key: payloadId },
    ];
  }

  /** Erases what is older than {@link OUTBOX_MILLIS}. @returns how many payloads. */
  async eraseExpired(): Promise<number> {
    const now = this.parts.clock.now();
    const over = [...this.#ends].filter(([, end]) => end <= now).map(([payloadId]) => payloadId);
    if (over.length > 0) await this.parts.store.commit(over.flatMap((payloadId) => this.erasure(payloadId)));
    return over.length;
  }

  /** Removes from disk what was erased: the journal is rewritten at most once in {@link OUTBOX_MILLIS}. */
  async removeErased(): Promise<void> {
    const now = this.parts.clock.now();
    if (!this.#erasedSinceCompaction || now < this.#compactedAt + OUTBOX_MILLIS) return;
    this.#erasedSinceCompaction = false;
    this.#compactedAt = now;
    await this.parts.store.compact();
  }
}
