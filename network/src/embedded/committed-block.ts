import { resultOf, type Block, type KeyWrite, type Proposal } from '@kesu/chaincode/domain';
import type { CommittedBlock, LedgerTransaction } from '../ledger';
import type { StateWrite } from './state-store';

/** The key under which the state holds the configuration in force; no contract can name it. */
export const CONFIGURATION_KEY = '!configuration';

/** A block as the port's stream delivers it. A configuration block holds no transactions, as on Fabric. */
export function committedBlockOf({ header, hash, records }: Block): CommittedBlock {
  const transactions = records.flatMap((record, index): LedgerTransaction[] => {
    if (record.kind !== 'call') return [];
    const { txId, validity, mspId, certificate, command, writes, events } = record;
    // Written by this ledger and under the block's hash: not decoded again.
    const { claimedTime, transaction } = JSON.parse(record.proposal) as Proposal;
    return [{ txId, index, validity, mspId, certificate, claimedTime, transaction, command, result: resultOf(record), writes: writes.map(portWrite), ...(events === undefined ? {} : { events }) }];
  });
  return { block: header.number, hash, time: header.time, previousHash: header.previousHash, transactions };
}

function portWrite({ key, value }: KeyWrite): { key: string; value?: string } {
  return value === undefined ? { key } : { key, value };
}

/** What a block writes to the state: the writes of its valid calls, or the configuration. */
export function stateWritesOf({ header, records }: Block): readonly StateWrite[] {
  return records.flatMap((record, index): StateWrite[] => {
    const version = { block: header.number, index };
    if (record.kind === 'configuration') return [{ key: CONFIGURATION_KEY, value: JSON.stringify(record.configuration), version }];
    return record.validity === 'VALID' ? record.writes.map((write) => ({ ...portWrite(write), version })) : [];
  });
}
