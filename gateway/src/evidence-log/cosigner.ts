import { cosignNote, decodeCheckpoint, isConsistent, logOriginOf, LogFormatError, merkleRoot, nodesOverLeaves, SECOND_MILLIS, verifyNote, type Checkpoint, type NoteKey, type NoteSignature, type SignedNote, type WitnessRequest } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';
import type { Clock } from '../clock';
import { isSameHead, type EvidenceLog } from './evidence-log';
import { LogDisagreement } from './log-error';
import { noteKeyOfHeld, type HeldLogKey } from './log-key-ring';
import { readSigned, writeSigned } from './signed-checkpoints';
import { WitnessRefusal, type Witness } from './witness';

/** How long a cosigner waits for its own ledger to hold what it is asked to cosign, milliseconds. */
export const OWN_LEDGER_MILLIS = 2_000;

/** With what a cosigner works. */
export interface CosignerOptions {
  /** Recomputed from this organisation's own ledger. */
  readonly log: EvidenceLog;
  readonly key: HeldLogKey;
  /** The log's keys that count now. */
  readonly logKeys: () => readonly NoteKey[];
  readonly store: PrivateJournal;
  readonly clock: Clock;
}

/**
 * One organisation's cosigner. Says more than a witness does: not only that the log grew, but that its own ledger gives this very tree. What it
 * cosigned last is on disk before it answers, so that it never signs two histories. A checkpoint of the log that its own ledger contradicts
 * stops the log and turns readiness red.
 */
export class Cosigner implements Witness {
  readonly name: string;
  readonly #options: CosignerOptions;
  readonly #key: NoteKey;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CosignerOptions) {
    this.#options = options;
    this.#key = noteKeyOfHeld(options.log.network, options.key);
    this.name = this.#key.name;
  }

  cosign(request: WitnessRequest): Promise<readonly NoteSignature[]> {
    const answer = this.#turn.then(() => this.#cosign(request));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** The latest checkpoint that it cosigned, with the log's signature and its own. */
  latest(): Promise<SignedNote | undefined> {
    return readSigned(this.#options.store, this.name);
  }

  async #cosign({ oldSize, proof, checkpoint: note }: WitnessRequest): Promise<readonly NoteSignature[]> {
    const checkpoint = this.#checkpointOf(note);
    const latest = await this.latest();
    const former = latest === undefined ? EMPTY : decodeCheckpoint(latest.text);
    if (oldSize > checkpoint.size) throw new WitnessRefusal(400, 'the old size is above the checkpoint\u2019s');
    if (oldSize !== former.size) throw new WitnessRefusal(409, `the latest cosigned checkpoint has size ${former.size}`, former.size);
    if (!isConsistent(former, checkpoint, proof)) throw new WitnessRefusal(422, 'the checkpoint is not proven to grow from the latest cosigned one');
    await this.#recompute(checkpoint);
    const { clock, key, store } = this.#options;
    const signature = cosignNote(note.text, this.#key, Math.floor(clock.now() / SECOND_MILLIS), key.sign);
    await writeSigned(store, this.name, { text: note.text, signatures: [...this.#logSignatures(note), signature] });
    return [signature];
  }

  #checkpointOf(note: SignedNote): Checkpoint {
    let checkpoint: Checkpoint;
    try {
      checkpoint = decodeCheckpoint(note.text);
    } catch (error) {
      throw new WitnessRefusal(400, error instanceof LogFormatError ? error.detail : 'the checkpoint can\u2019t be read');
    }
    if (checkpoint.origin !== logOriginOf(this.#options.log.network)) throw new WitnessRefusal(404, 'this log is not known here');
    try {
      verifyNote(note, this.#options.logKeys());
    } catch {
      throw new WitnessRefusal(403, 'the checkpoint carries no valid signature of the log\u2019s key');
    }
    return checkpoint;
  }

  #logSignatures(note: SignedNote): NoteSignature[] {
    const names = this.#options.logKeys().map(({ name }) => name);
    return note.signatures.filter(({ name }) => names.includes(name));
  }

  /** The own ledger's tree at that size must be this one. */
  async #recompute(checkpoint: Checkpoint): Promise<void> {
    const { log } = this.#options;
    try {
      await log.reaches(checkpoint.size, AbortSignal.timeout(OWN_LEDGER_MILLIS));
    } catch {
      throw new WitnessRefusal(503, 'this organisation\u2019s own ledger does not hold so many events yet');
    }
    if (isSameHead(log.headAt(checkpoint.size), checkpoint)) return;
    log.stop(new LogDisagreement(`a checkpoint of size ${checkpoint.size}, signed by the log, is not the tree of this organisation\u2019s own ledger`));
    throw new WitnessRefusal(422, 'the checkpoint is not the tree of this organisation\u2019s own ledger');
  }
}

const EMPTY = { size: 0, root: merkleRoot(0, nodesOverLeaves([])) };
