import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLedger, type EmbeddedLedgerOptions } from '../embedded-ledger';
import { nodeFiles } from '../storage/node-files';
import { ProbeContract } from './probe-contract';
import { anOrganisation, type TestCaller, TestClock, type TestOrganisation } from './test-network';

/** The id of the network in the ledger's tests. */
export const NETWORK = '00112233445566778899aabbccddeeff';

/** A ledger of a test, with what it was opened with. */
export interface TestLedger {
  readonly ledger: EmbeddedLedger;
  readonly options: EmbeddedLedgerOptions;
  readonly clock: TestClock;
  readonly node: TestOrganisation;
  readonly caller: TestCaller;
  /** Where everything lies; removed by `dispose`. */
  readonly root: string;
  /** Closes the ledger and opens it again from the same directories. */
  reopen(changes?: Partial<EmbeddedLedgerOptions>): Promise<EmbeddedLedger>;
  /** Closes the newest ledger and removes its directories. */
  dispose(): Promise<void>;
}

/** Makes a ledger in a temporary directory, with one organisation and one caller. */
export async function aLedger(changes: Partial<EmbeddedLedgerOptions> = {}): Promise<TestLedger> {
  const root = await mkdtemp(join(tmpdir(), 'kesu-ledger-'));
  const clock = new TestClock();
  const node = await anOrganisation('NodeMSP');
  const caller = await node.caller();
  const { roots } = await node.authority.trust();
  const options: EmbeddedLedgerOptions = {
    directory: join(root, 'data'),
    anchorDirectory: join(root, 'anchor'),
    stateDirectory: join(root, 'data', 'state'),
    files: nodeFiles,
    clock,
    contracts: [ProbeContract],
    operator: await node.caller(),
    create: { network: NETWORK, organisations: { NodeMSP: { roots } } },
    ...changes,
  };
  let newest = await EmbeddedLedger.open(options);
  return {
    ledger: newest,
    options,
    clock,
    node,
    caller,
    root,
    reopen: async (more = {}) => {
      await newest.close();
      newest = await EmbeddedLedger.open({ ...options, ...more });
      return newest;
    },
    dispose: async () => {
      await newest.close().catch(() => undefined);
      await rm(root, { recursive: true, force: true });
    },
  };
}
