import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { TRANSACTION_NAMES, type CommandOf } from '@kesu/chaincode';
import { canonicalJson } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { systemClock } from '../clock';
import { LedgerClient } from '../ledger-client';
import { lockStores, openStores } from '../stores';
import { CommandError, EXIT, print } from './output';
import { configurationOf, withStoreOptions } from './store-commands';

interface SubmitOptions {
  readonly data?: string;
  readonly keep?: string;
  readonly json?: boolean;
}

const commandSchema = z.record(z.string(), z.unknown());

/** `kesu identity submit`: for what must stand on the ledger before its participant can sign in, such as an application or a first key. */
export function addSubmitCommand(identity: Command): void {
  withStoreOptions(identity.command('submit'))
    .argument('<participant>', 'whose identity in the wallet signs')
    .argument('<transaction>', 'its name, such as participants:apply')
    .argument('<file>', 'its command as a JSON object; without `operation`, one is made')
    .description('submit one transaction to the ledger, signed by an identity in the wallet')
    .action(async (participant: string, transaction: string, file: string, options: SubmitOptions) => {
      const name = TRANSACTION_NAMES.find((known) => known === transaction);
      if (name === undefined) throw new CommandError(EXIT.WRONG_USE, `there is no transaction ${transaction}: they are ${TRANSACTION_NAMES.join(', ')}`);
      const command: Readonly<Record<string, unknown>> = { operation: randomBytes(16).toString('hex'), ...commandIn(file) };
      const configuration = configurationOf(options);
      const lock = await lockStores(configuration);
      const stores = await openStores(configuration, lock, systemClock, randomBytes(16).toString('hex')).catch(async (error: unknown) => {
        await lock.release();
        throw error;
      });
      try {
        const caller = stores.identities.identityOf(participant);
        if (caller === undefined) throw new CommandError(EXIT.NO, `the wallet holds no identity of ${participant}: \`kesu identity enroll\` makes one`);
        // The contract decodes it: what it isn't is refused there, member by member.
        process.stderr.write(`operation ${String(command.operation)}: when its outcome stays unknown, put it into ${file} and submit again; it has one effect\n`);
        const { result, position } = await new LedgerClient(stores.ledger).submit(caller, name, command as CommandOf<typeof name>);
        print({ operation: command.operation, result, position }, [`${name} is done in block ${position.block}`], options.json === true);
      } finally {
        await stores.close();
      }
    });
}

function commandIn(file: string): Readonly<Record<string, unknown>> {
  try {
    const command = commandSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    canonicalJson(command);
    return command;
  } catch (error) {
    throw new CommandError(EXIT.WRONG_USE, `${file} holds no JSON object that a command can be: ${error instanceof Error ? error.message : String(error)}`);
  }
}
