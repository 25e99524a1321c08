import { createHash } from 'node:crypto';
import type { CommandOf, TransactionName } from '@kesu/chaincode';
import { epochMillis, type Instant } from '@kesu/chaincode/domain';
import type { JournalChange, PrivateJournal } from '@kesu/network';
import type { Identities, RequestKey } from '../identities';
import type { Done, LedgerClient } from '../ledger-client';
import type { DemonstrationKey } from './demonstration-keys';
import type { DemonstrationSources } from './demonstration-sources';
import { timeOf } from './demonstration-sources';
import type { DemonstrationEnterprise } from './enterprises';
import type { SeedClock } from './scenario-clock';
import type { SeededBytes } from './seeded-bytes';

/** What filling a ledger with the demonstration needs. */
export interface SeedOptions {
  /** An empty ledger, whose clock is {@link SeedOptions.clock}. */
  readonly ledger: LedgerClient;
  readonly network: string;
  readonly identities: Identities;
  /** Stands at the start of the demonstration; released when the ledger is filled. */
  readonly clock: SeedClock;
  /** How many days pass while it is filled; 0 where no clock can be moved: everything happens now. */
  readonly days: number;
  readonly store: PrivateJournal;
  readonly seed: number;
  /** How many of the demonstration's enterprises, the first ones: at least 200. */
  readonly count: number;
  /** Where key files and the summary are written. */
  readonly directory: string;
  /** Where people sign: the passkeys' origin and relying party. */
  readonly origin: string;
  readonly rpId: string;
  /** Cryptographically random bytes, for what must not follow from the seed. */
  readonly random: (bytes: number) => Uint8Array;
  /** Called with a line of text as the seeding goes on. */
  readonly progress: (line: string) => void;
}

/** What the demonstration makes of the enterprises before the first step. */
export interface SeedCast {
  readonly enterprises: readonly DemonstrationEnterprise[];
  readonly keys: ReadonlyMap<string, readonly DemonstrationKey[]>;
  readonly sources: DemonstrationSources;
  readonly seeded: SeededBytes;
}

/** A seeding under way: who submits, at which time, and by which ids the names of the steps stand on the ledger. */
export class Seeding {
  readonly startAt: Instant;
  readonly changes: JournalChange[] = [];
  private readonly bySlug: ReadonlyMap<string, DemonstrationEnterprise>;
  private readonly byRef: ReadonlyMap<string, DemonstrationEnterprise>;

  constructor(
    readonly options: SeedOptions,
    readonly cast: SeedCast,
  ) {
    this.startAt = cast.sources.startAt;
    this.bySlug = new Map(cast.enterprises.map((one) => [one.slug, one]));
    this.byRef = new Map(cast.enterprises.map((one) => [one.subjectRef, one]));
  }

  /** The present time of the scenario. */
  get at(): Instant {
    return this.options.clock.at;
  }

  /** Moves the scenario's clock on to an instant; stays when that is past. */
  moveTo(at: Instant): void {
    const { clock } = this.options;
    clock.moveTo(Math.max(clock.now(), epochMillis(at)));
  }

  /** The time of a day and minute. */
  timeOf(day: number, minute = 0): Instant {
    return timeOf(this.startAt, { day, minute });
  }

  /** @throws RangeError for a slug that the cast doesn't hold. */
  enterprise(slug: string): DemonstrationEnterprise {
    const found = this.bySlug.get(slug);
    if (found === undefined) throw new RangeError(`no demonstration enterprise ${slug}`);
    return found;
  }

  /** @throws RangeError for a ref that the cast doesn't hold. */
  enterpriseOf(ref: string): DemonstrationEnterprise {
    const found = this.byRef.get(ref);
    if (found === undefined) throw new RangeError('no demonstration enterprise of this ref');
    return found;
  }

  /** The keys of an enterprise. */
  keysOf(slug: string): readonly DemonstrationKey[] {
    return this.cast.keys.get(slug) ?? [];
  }

  /** The request key of a participant. @throws TypeError when none is held. */
  requestKeyOf(participantId: string): RequestKey {
    const key = this.options.identities.requestKeyOf(participantId);
    if (key === undefined) throw new TypeError(`there is no request key of ${participantId}`);
    return key;
  }

  /**
   * Submits as a participant.
   * @param label names the operation where the command itself differs from run to run (signatures, new keys).
   */
  submit<N extends TransactionName>(as: string, transaction: N, command: Omit<CommandOf<N>, 'operation'>, label = contentOf(command)): Promise<Done<N>> {
    const operation = this.cast.seeded.id(`operation ${as} ${transaction} ${this.at} ${label}`);
    return this.options.ledger.submit(this.options.identities.need(as), transaction, { operation, ...command } as unknown as CommandOf<N>);
  }

  /** Reads one record of the ledger's state. */
  async read<T>(kind: CommandOf<'records:read'>['kind'], id: string): Promise<T> {
    const { result } = await this.options.ledger.evaluate(this.options.identities.need('provincial-node'), 'records:read', { kind, id });
    return result.record as T;
  }
}

/** Tells commands apart; their members stand in the order in which this code writes them. */
function contentOf(command: object): string {
  return createHash('sha256').update(JSON.stringify(command)).digest('hex');
}
