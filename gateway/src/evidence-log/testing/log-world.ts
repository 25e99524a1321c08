import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CommittedBlock, Ledger } from '@kesu/network';
import { pino } from 'pino';
import { CAST } from '../../testing/test-cast';
import { ReleaseWorld } from '../../use-cases/testing/release-world';
import { openLogParts, type LogParts, type LogPartsOptions } from '../log-parts';

/** A gateway with its log on a test world: node and platform cosign. What the log tells people is kept. */
export class LogWorld {
  readonly told: string[] = [];
  #opens = 0;
  readonly #open = new Set<LogParts>();

  private constructor(readonly releases: ReleaseWorld) {}

  static async open(): Promise<LogWorld> {
    return new LogWorld(await ReleaseWorld.open());
  }

  get world() {
    return this.releases.world;
  }

  /** Opens a log; on the directory of an earlier one when `directory` names it. */
  async openLog(changes: Partial<LogPartsOptions> = {}): Promise<LogParts> {
    const { world, releases } = this;
    const log = pino({ level: 'info' }, { write: (line: string) => void this.told.push(line) });
    const opened = await openLogParts({
      directory: join(world.root, `log-${this.#opens++}`),
      network: world.ledger.network,
      ledger: releases.ledger,
      parts: { ...releases.parts, log, random: (bytes) => randomBytes(bytes) },
      store: releases.parts.store,
      publishes: true,
      alsoCosigns: [CAST.platform],
      witnesses: [],
      ...changes,
    });
    this.#open.add(opened);
    await releases.projection.caughtUp();
    await opened.log.caughtUp();
    return opened;
  }

  async close(log: LogParts): Promise<void> {
    this.#open.delete(log);
    await log.close();
  }

  async dispose(): Promise<void> {
    for (const log of this.#open) await log.close();
    await this.releases.dispose();
  }
}

/** The same ledger with every block passed through a hand that changes it. */
export function alteredLedger(ledger: Pick<Ledger, 'blocks' | 'head'>, alter: (block: CommittedBlock) => CommittedBlock): Pick<Ledger, 'blocks' | 'head'> {
  return {
    head: () => ledger.head(),
    async *blocks(from, signal) {
      for await (const block of ledger.blocks(from, signal)) yield alter(block);
    },
  };
}

/** The same ledger as if it had ended with a block. */
export function shortLedger(ledger: Pick<Ledger, 'blocks' | 'head'>, last: CommittedBlock): Pick<Ledger, 'blocks' | 'head'> {
  return {
    head: async () => ({ block: last.block, hash: last.hash, time: last.time }),
    async *blocks(from, signal) {
      for await (const block of ledger.blocks(from, signal)) {
        if (block.block <= last.block) yield block;
        if (block.block >= last.block) break;
      }
      await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));
    },
  };
}
