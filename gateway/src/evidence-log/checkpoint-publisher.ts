import { decodeCheckpoint, encodeCheckpoint, encodeNote, logOriginOf, NOTE_KEY_TYPES, noteKeyId, signNote, verifyNote, type Checkpoint, type NoteKey, type NoteSignature, type SignedNote } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';
import type { Logger } from 'pino';
import { isSameHead, type EvidenceLog } from './evidence-log';
import { LogDisagreement, LogStopped } from './log-error';
import { noteKeyOfHeld, type HeldLogKey } from './log-key-ring';
import { readSigned, writeSigned } from './signed-checkpoints';
import { WitnessRefusal, type Witness } from './witness';

/** Readers get the checkpoint of at most so many milliseconds ago: each new one costs a write and asks every witness. */
export const RECENT_MILLIS = 1_000;

/** A checkpoint that the log signed, with the cosignatures that came. */
export interface PublishedCheckpoint extends Checkpoint {
  readonly note: SignedNote;
  /** The note's one text. */
  readonly text: string;
}

/** With what checkpoints are published. */
export interface PublisherOptions {
  readonly log: EvidenceLog;
  /** The log's own key. */
  readonly key: HeldLogKey;
  readonly witnesses: readonly Witness[];
  /** The cosigners' keys that count: signatures of others are not taken over. */
  readonly cosignerKeys: () => readonly NoteKey[];
  readonly store: PrivateJournal;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Signs the log's head when it has grown, and gathers cosignatures. What was signed last is on disk before it is shown, and the next one
 * is signed only when it grew from it (I10).
 */
export class CheckpointPublisher {
  readonly #options: PublisherOptions;
  readonly #key: NoteKey;
  readonly #witnessSizes = new Map<string, number>();
  #latest: PublishedCheckpoint | undefined;
  #publishedAt = -Infinity;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#key = noteKeyOfHeld(options.log.network, options.key);
  }

  /** The newest checkpoint of the log as it stands now; the one before when nothing was added and all cosigned it. @throws LogStopped, LogDisagreement. */
  publish(): Promise<PublishedCheckpoint> {
    const published = this.#turn.then(() => this.#publish());
    this.#turn = published.catch(() => undefined);
    return published;
  }

  /** The checkpoint for readers: not older than {@link RECENT_MILLIS}. @throws as {@link publish}. */
  async recent(): Promise<PublishedCheckpoint> {
    const isRecent = performance.now() - this.#publishedAt < RECENT_MILLIS && this.#options.log.status.state === 'FOLLOWING';
    return isRecent && this.#latest !== undefined ? this.#latest : this.publish();
  }

  async #publish(): Promise<PublishedCheckpoint> {
    const { log } = this.#options;
    if (log.status.state === 'STOPPED') throw new LogStopped(log.status.reason);
    const former = this.#latest ?? (await this.#stored());
    if (former !== undefined) this.#assertKept(former);
    if (former?.size === log.size && this.#isCosigned(former.note)) return former;
    const signed = former?.size === log.size ? former.note : await this.#sign();
    const note = await this.#gather(signed);
    this.#latest = { ...decodeCheckpoint(note.text), note, text: encodeNote(note) };
    this.#publishedAt = performance.now();
    return this.#latest;
  }

  async #stored(): Promise<PublishedCheckpoint | undefined> {
    const note = await readSigned(this.#options.store, this.#key.name);
    return note === undefined ? undefined : { ...decodeCheckpoint(note.text), note, text: encodeNote(note) };
  }

  /** What was signed before must still be so: else the ledger lost or changed something, and nothing more is signed. */
  #assertKept(former: Checkpoint): void {
    const { log } = this.#options;
    if (former.size <= log.size && isSameHead(log.headAt(former.size), former)) return;
    throw log.stop(new LogDisagreement(former.size > log.size ? `the log has ${log.size} events, but a checkpoint of ${former.size} was signed` : `the checkpoint of size ${former.size} that was signed is not the tree of the ledger`));
  }

  async #sign(): Promise<SignedNote> {
    const { log, key, store } = this.#options;
    const text = encodeCheckpoint({ origin: logOriginOf(log.network), ...log.head() });
    const note = { text, signatures: [signNote(text, this.#key, key.sign)] };
    await writeSigned(store, this.#key.name, note);
    return note;
  }

  #isCosigned({ signatures }: SignedNote): boolean {
    return this.#options.witnesses.every(({ name }) => signatures.some((one) => one.name === name));
  }

  async #gather(note: SignedNote): Promise<SignedNote> {
    const missing = this.#options.witnesses.filter(({ name }) => !note.signatures.some((one) => one.name === name));
    const gathered = await Promise.all(missing.map((witness) => this.#cosignatures(witness, note)));
    return { text: note.text, signatures: [...note.signatures, ...gathered.flat()] };
  }

  /** A witness that refuses is told of and left out: what a reader needs is its policy's matter. */
  async #cosignatures(witness: Witness, note: SignedNote): Promise<readonly NoteSignature[]> {
    try {
      const lines = await this.#ask(witness, note);
      this.#witnessSizes.set(witness.name, decodeCheckpoint(note.text).size);
      return lines.filter((line) => this.#isOfCosigner(note, line));
    } catch (error) {
      this.#options.logger.warn({ witness: witness.name, reason: error instanceof Error ? error.message : String(error) }, 'a witness did not cosign');
      return [];
    }
  }

  async #ask(witness: Witness, note: SignedNote): Promise<readonly NoteSignature[]> {
    const known = this.#witnessSizes.get(witness.name) ?? 0;
    try {
      return await this.#askFrom(witness, note, known);
    } catch (error) {
      if (!(error instanceof WitnessRefusal) || error.size === undefined || error.size === known) throw error;
      return this.#askFrom(witness, note, error.size);
    }
  }

  #askFrom(witness: Witness, note: SignedNote, oldSize: number): Promise<readonly NoteSignature[]> {
    const { size } = decodeCheckpoint(note.text);
    if (oldSize > size) throw new WitnessRefusal(409, `${witness.name} has cosigned a larger log, of ${oldSize} events`, oldSize);
    return witness.cosign({ oldSize, proof: this.#options.log.consistency(oldSize, size), checkpoint: note });
  }

  #isOfCosigner({ text }: SignedNote, line: NoteSignature): boolean {
    const key = this.#options.cosignerKeys().find((one) => one.type === NOTE_KEY_TYPES.cosignature && one.name === line.name && noteKeyId(one) === line.keyId);
    if (key === undefined) return false;
    verifyNote({ text, signatures: [line] }, [key]);
    return true;
  }
}
