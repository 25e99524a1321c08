import { randomBytes } from 'node:crypto';
import { RULE_BOOK_ID } from '@kesu/chaincode';
import { DomainError, epochMillis } from '@kesu/chaincode/domain';
import { systemClock, type Clock } from '../clock';
import type { Configuration } from '../config';
import type { HandoverChannels } from '../handover';
import type { LedgerClient } from '../ledger-client';
import type { ReadModel } from '../read-model';
import type { Requester } from '../requester';
import { StartError } from '../start-error';
import { placesOf, type Stores } from '../stores';
import { demonstrationTokens, requestersByToken } from './demo-tokens';
import { commandsOf, readSummary, type DemonstrationSummary } from './demonstration-summary';
import { demonstrationStart, DemonstrationSources } from './demonstration-sources';
import { makeEnterprises } from './enterprises';
import { openDemonstrationHandovers } from './open-demonstration-handovers';
import { openDemonstrationSources, type OpenSources } from './open-demonstration-sources';
import { presentClock, ScenarioClock, type SeedClock } from './scenario-clock';
import { NODE } from './seed-network';
import { TODAY_ENTERPRISES } from './seed-today';
import { SeededBytes } from './seeded-bytes';
import { DEMONSTRATION_DAYS } from './step';
import { seedDemonstration } from './seed-ledger';
import { seedingMark, type SeedingMark } from './seeding-mark';

/** Tokens that the start page names; `kesu demo` lists all. */
const SHOWN_TOKENS = ['demo-provincial-node', 'demo-platform', 'demo-recipient', 'demo-provider', 'demo-auditor', 'demo-regulator', 'demo-enterprise-1'];

/** The demonstration beside a gateway: its clock while the ledger is filled, its providers, its tokens. */
export class Demonstration {
  private mark: SeedingMark | undefined;
  private summary: DemonstrationSummary | undefined;
  private byToken: ReadonlyMap<string, Requester> = new Map();

  constructor(
    private readonly configuration: Configuration,
    /** The ledger's clock: 90 days back while a new ledger is filled, the machine's otherwise. */
    readonly clock: Clock,
    private readonly progress: (line: string) => void,
  ) {}

  /**
   * Fills an empty ledger, and finds out what a filled one holds.
   * @throws StartError for a ledger whose filling was interrupted, or that was begun without the demonstration.
   */
  async fill(stores: Stores, ledger: LedgerClient): Promise<void> {
    this.mark = await seedingMark(stores.journal);
    if (this.mark === undefined && this.clock instanceof ScenarioClock) await this.seed(stores, ledger, this.clock);
    else if (this.mark === undefined && this.isOnFabric && !(await isFounded(stores, ledger))) await this.seed(stores, ledger, presentClock);
    if (this.mark?.state !== 'DONE') {
      const why = this.mark === undefined ? 'was begun without the demonstration: start it with `npm start -- --empty`' : 'is filled only in part, as its filling was interrupted';
      throw new StartError(`the ledger in ${this.configuration.data} ${why}, or begin anew with \`npm start -- --reset\`${this.isOnFabric ? ' on a new network (`kesu network down --purge`, `kesu network up`)' : ''}`);
    }
    this.summary = await readSummary(stores.places.demonstration);
    this.byToken = requestersByToken(demonstrationTokens(this.enterprises()));
  }

  private get isOnFabric(): boolean {
    return this.configuration.ledger === 'fabric';
  }

  private async seed(stores: Stores, ledger: LedgerClient, clock: SeedClock): Promise<void> {
    const { seed } = this.configuration.demonstration;
    const enterprises = this.isOnFabric ? Math.min(this.configuration.demonstration.enterprises, TODAY_ENTERPRISES) : this.configuration.demonstration.enterprises;
    if (this.isOnFabric) this.progress('On Fabric nobody sets the clock: the demonstration starts today, with no expired grant and no story of many days.');
    const { origin } = this.configuration;
    const began = systemClock.now();
    this.progress('Filling the ledger with demonstration data (演示数据,非真实业务) …');
    await seedDemonstration({
      ledger,
      network: stores.ledger.network,
      identities: stores.identities,
      clock,
      store: stores.journal,
      days: this.isOnFabric ? 0 : DEMONSTRATION_DAYS,
      seed,
      count: enterprises,
      directory: stores.places.demonstration,
      origin,
      rpId: new URL(origin).hostname,
      random: (bytes) => randomBytes(bytes),
      progress: (line) => this.progress(`  ${line}`),
    });
    this.progress(`  filled in ${((systemClock.now() - began) / 1000).toFixed(1)} s`);
    this.mark = await seedingMark(stores.journal);
  }

  private enterprises() {
    return this.mark === undefined ? [] : makeEnterprises(this.mark.seed).slice(0, this.mark.count);
  }

  /** Starts the providers and the connectors to them. */
  openSources(stores: Stores, readModel: ReadModel): Promise<OpenSources> {
    if (this.mark === undefined) throw new StartError('the demonstration is not filled in');
    const { startAt, seed, days } = this.mark;
    return openDemonstrationSources(stores, readModel, new DemonstrationSources(startAt, new SeededBytes(seed), this.enterprises(), seed, days));
  }

  /** Starts the receiver of hand-overs and the connectors to it. */
  openHandovers(stores: Stores, readModel: ReadModel): Promise<HandoverChannels> {
    return openDemonstrationHandovers(stores, readModel);
  }

  /** Bearer tokens and whom each stands for. */
  tokens(): ReadonlyMap<string, Requester> {
    return this.byToken;
  }

  /** What the start page says of the demonstration. */
  startPage(origin: string): string[] {
    if (this.summary === undefined) return [];
    const { tokens, stories } = this.summary;
    const commands = commandsOf(this.summary, origin);
    const directory = placesOf(this.configuration).demonstration;
    return [
      '',
      ...(this.isOnFabric ? ['  在 Fabric 上演示从今日开始,没有过期的授权 · On Fabric the demonstration starts today: no grant has expired.'] : []),
      '  演示数据,非真实业务 · Demonstration data. This gateway holds every participant’s key; it answers on loopback only.',
      '',
      ...tokens.filter(({ token }) => SHOWN_TOKENS.includes(token)).map(({ token, zh, en }) => `  ${token.padEnd(22)} ${zh} · ${en}`),
      '  … all tokens and the six stories with their ids: npm run kesu -- demo',
      `  key files of enterprises: ${directory}/keys/   e.g. ${stories[0]?.enterprises[0]?.keys[0] ?? ''}`,
      ...(commands === undefined ? [] : ['', '  Ask whether data may be read:', '', `  ${commands.check}`, '', '  Receive them (recorded first):', '', `  ${commands.release}`]),
    ];
  }
}

/** Prepares the demonstration. @param isNew true when the ledger is to be filled now, from 90 days back. */
export function prepareDemonstration(configuration: Configuration, isNew: boolean, progress: (line: string) => void): Demonstration {
  const clock = isNew && configuration.ledger === 'embedded' ? new ScenarioClock(epochMillis(demonstrationStart(systemClock.now()))) : systemClock;
  return new Demonstration(configuration, clock, progress);
}

/** Whether a Fabric ledger has its first transaction: another gateway, or an earlier start without the demonstration, may have founded it. */
async function isFounded({ identities, organisations }: Stores, ledger: LedgerClient): Promise<boolean> {
  const identity = await identities.enrol(NODE, 'provincialNode', organisations[0] ?? '');
  try {
    await ledger.evaluate(identity, 'records:read', { kind: 'rule-book', id: RULE_BOOK_ID });
    return true;
  } catch (error) {
    if (error instanceof DomainError) return error.code !== 'not-found';
    throw error;
  }
}
