import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { canonicalJson, DomainError, moveBatch, type IngestBatch, type IngestState } from '../domain';
import { verifyParticipantSignature } from './participant-signature';
import { transact, type RunningTransaction } from './transact';

const NODE = { roles: ['provincialNode'] } as const;
const NODE_OR_PROVIDER = { roles: ['provincialNode', 'provider'] } as const;

/** Batches of records that providers handed over and answer for (谁产生、谁提供、谁负责). */
@Info({ title: 'ingest', description: 'Batches handed over by providers' })
export class IngestContract extends Contract {
  constructor() {
    super('ingest');
  }

  /** Receives a batch with its provider's signature. */
  @Transaction()
  async receive(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'ingest:receive', text, NODE_OR_PROVIDER, async (running, { manifest, signature, supersedes }) => {
      const { ruleBook, world } = running;
      running.assertCallerIs(manifest.provider, ruleBook.node);
      const item = ruleBook.items[manifest.item];
      if (item === undefined || item.provider !== manifest.provider) throw DomainError.of('item-not-available', `${manifest.provider} provides no item ${manifest.item}`);
      if (item.version !== manifest.itemVersion) throw DomainError.of('version-conflict', `item ${manifest.item} is at version ${item.version}`);
      if (manifest.network !== ruleBook.network) throw DomainError.of('network-mismatch', 'the batch was signed for another ledger');
      verifyParticipantSignature(running, await world.get('participant', manifest.provider), signature, canonicalJson(manifest));
      if ((await world.get('ingest-batch', manifest.id)) !== undefined) throw DomainError.of('already-exists', 'this batch id is taken');
      if (supersedes !== undefined) await supersede(running, supersedes, manifest);
      return save(running, { manifest, signature, state: 'RECEIVED', version: 1 }, 'receive');
    });
  }

  /** Accepts. */
  @Transaction()
  async accept(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'ingest:accept', text, NODE, (running, { id }) => move(running, id, 'ACCEPTED', 'accept'));
  }

  /** Returns to the provider (退回). */
  @Transaction()
  async return(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'ingest:return', text, NODE, (running, { id, reason }) => move(running, id, 'RETURNED', 'return', reason));
  }

  /** Withdraws. */
  @Transaction()
  async withdraw(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'ingest:withdraw', text, NODE_OR_PROVIDER, async (running, { id, reason }) => {
      const batch = await running.world.need('ingest-batch', id);
      running.assertCallerIs(batch.manifest.provider, running.ruleBook.node);
      return move(running, id, 'WITHDRAWN', 'withdraw', reason);
    });
  }
}

async function supersede(running: RunningTransaction, id: string, by: IngestBatch['manifest']): Promise<void> {
  const former = await running.world.need('ingest-batch', id);
  if (former.manifest.item !== by.item || former.manifest.provider !== by.provider) throw DomainError.of('state-conflict', 'a batch supersedes one of its own item and provider');
  save(running, moveBatch(former, 'SUPERSEDED', by.id), 'supersede');
}

async function move(running: RunningTransaction, id: string, to: IngestState, action: string, reason?: string): Promise<{ ids: string[] }> {
  return save(running, moveBatch(await running.world.need('ingest-batch', id), to), action, reason);
}

function save(running: RunningTransaction, batch: IngestBatch, action: string, reason?: string): { ids: string[] } {
  running.save('ingest-batch', batch.manifest.id, batch, action, reason === undefined ? {} : { reason });
  return { ids: [batch.manifest.id] };
}
