import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contracts, TRANSACTION_NAMES } from '@kesu/chaincode';
import { epochMillis, eventsOf, type Acknowledgement, type DomainEvent, type Grant, type OutcomeRecord, type Release, type UseCounter } from '@kesu/chaincode/domain';
import { EmbeddedLedger, nodeFiles, openPrivateJournal, type PrivateJournal } from '@kesu/network';
import { openDevelopmentAuthorities } from '../../authorities';
import { Identities } from '../../identities';
import { LedgerClient } from '../../ledger-client';
import { demonstrationStart } from '../demonstration-sources';
import { DEMONSTRATION_MSPS } from '../organisations';
import { ScenarioClock } from '../scenario-clock';
import { DEMONSTRATION_DAYS } from '../step';
import { seedDemonstration, type SeedSummary } from '../seed-ledger';

/** When the machine's clock says it is unless told otherwise: 17:30 in Asia/Shanghai. */
export const NOW = Date.UTC(2026, 10, 23, 9, 30);
const NETWORK = '0123456789abcdef0123456789abcdef';

/** How to seed. */
export interface SeededTerms {
  readonly seed: number;
  readonly count: number;
  /** 0: everything now, as on Fabric. */
  readonly days?: number;
  readonly progress?: (line: string) => void;
}

/** An empty embedded ledger in a temporary directory, and a way to fill it with the demonstration. */
export class SeededWorld {
  private constructor(
    readonly root: string,
    readonly clock: ScenarioClock,
    readonly journal: PrivateJournal,
    readonly identities: Identities,
    readonly ledger: EmbeddedLedger,
  ) {}

  /** Opens a world whose clock stands at the start of the demonstration that ends at `now`. */
  static async open(now = NOW): Promise<SeededWorld> {
    const root = await mkdtemp(join(tmpdir(), 'kesu-seed-'));
    const clock = new ScenarioClock(epochMillis(demonstrationStart(now)), { now: () => now });
    const anchorDirectory = join(root, 'keep', 'anchors');
    const journal = await openPrivateJournal({ files: nodeFiles, directory: join(root, 'data', 'private'), anchorDirectory, keyFile: join(root, 'keep', 'data.key') });
    const identities = await Identities.open(journal, (storage) => openDevelopmentAuthorities(storage, DEMONSTRATION_MSPS, clock));
    const organisations = Object.fromEntries(Object.entries(await identities.organisations()).map(([mspId, { roots }]) => [mspId, { roots: [...roots] }]));
    const operator = await identities.operator('NodeMSP');
    const ledger = await EmbeddedLedger.open({
      directory: join(root, 'data', 'ledger'),
      anchorDirectory,
      files: nodeFiles,
      clock,
      contracts,
      transactions: TRANSACTION_NAMES,
      operator,
      create: { network: NETWORK, organisations: organisations as never },
    });
    return new SeededWorld(root, clock, journal, identities, ledger);
  }

  /** The directory of everything but anchors and the data key. */
  get data(): string {
    return join(this.root, 'data');
  }

  /** Where key files and summary lie. */
  get directory(): string {
    return join(this.data, 'demonstration');
  }

  /** Fills the ledger. */
  seed({ seed, count, days = DEMONSTRATION_DAYS, progress = () => undefined }: SeededTerms): Promise<SeedSummary> {
    const { clock, identities, journal: store, directory } = this;
    return seedDemonstration({ ledger: new LedgerClient(this.ledger), network: NETWORK, identities, clock, days, store, seed, count, directory, origin: 'http://localhost:8420', rpId: 'localhost', random: (bytes) => randomBytes(bytes), progress });
  }

  /** Every domain event of the ledger in its order. */
  async events(): Promise<readonly DomainEvent[]> {
    const { block } = await this.ledger.head();
    const stop = new AbortController();
    const events: DomainEvent[] = [];
    for await (const committed of this.ledger.blocks(0, stop.signal)) {
      for (const transaction of committed.transactions) {
        if (transaction.validity === 'VALID') events.push(...eventsOf(transaction));
      }
      if (committed.block === block) break;
    }
    stop.abort();
    return events;
  }

  /** Closes everything and removes it. */
  async dispose(): Promise<void> {
    await this.ledger.close();
    await this.journal.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** What the events leave: the latest of each record. */
export class FoldedEvents {
  readonly records = new Map<string, unknown>();
  readonly releases = new Map<string, Release>();
  readonly outcomes = new Map<string, OutcomeRecord>();
  readonly acknowledgements = new Map<string, Acknowledgement>();
  readonly counters = new Map<string, UseCounter>();

  constructor(events: readonly DomainEvent[]) {
    for (const event of events) this.fold(event);
  }

  /** A record by kind and id. */
  record<T>(kind: string, id: string | undefined): T | undefined {
    return this.records.get(`${kind} ${String(id)}`) as T | undefined;
  }

  /** All records of a kind. */
  all<T>(kind: string): readonly T[] {
    return [...this.records].flatMap(([key, record]) => (key.startsWith(`${kind} `) ? [record as T] : []));
  }

  private fold(event: DomainEvent): void {
    if (event.kind === 'release') {
      this.releases.set(event.release.id, event.release);
      if (event.counter !== undefined) this.counters.set(event.release.grantId ?? '', event.counter);
    } else if (event.kind === 'outcome') {
      this.outcomes.set(event.outcome.releaseId, event.outcome);
      if (event.counter !== undefined) this.counters.set(event.grantId ?? '', event.counter);
    } else if (event.kind === 'acknowledgement') this.acknowledgements.set(event.acknowledgement.releaseId, event.acknowledgement);
    else if (event.kind !== 'operation-closed') this.records.set(`${event.kind} ${idOf(event.record)}`, event.record);
  }
}

function idOf(record: object): string {
  const { id, ref, code, version, manifest, titleZh } = record as { id?: string; ref?: string; code?: string; version?: number; manifest?: { id: string }; titleZh?: string };
  if (titleZh !== undefined) return `${String(id)}@${String(version)}`;
  return id ?? ref ?? code ?? manifest?.id ?? 'rule-book';
}

/** Every grant of the ledger. */
export function grantsOf(folded: FoldedEvents): readonly Grant[] {
  return folded.all<Grant>('grant');
}
