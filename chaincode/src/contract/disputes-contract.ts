import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, markOf, moveDispute, setMark, settleMark, type Dispute, type DisputeState } from '../domain';
import { transact, type RunningTransaction } from './transact';

const NODE = { roles: ['provincialNode'] } as const;

/** Disputes (异议, 任务 13): the mark stands on the enterprise from filing until a finding cancels it. */
@Info({ title: 'disputes', description: 'Disputes and their marks' })
export class DisputesContract extends Contract {
  constructor() {
    super('disputes');
  }

  /** Files a dispute and sets the mark. */
  @Transaction()
  async file(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'disputes:file', text, { roles: ['platform', 'recipient'] }, async (running, { operation: _operation, ...described }) => {
      const enterprise = await running.world.need('enterprise', described.enterprise);
      assertMayFile(running, described.filedBy, described.platform, enterprise.platforms);
      if (running.ruleBook.items[described.item] === undefined) throw DomainError.of('item-not-available', `the catalogue has no item ${described.item}`);
      if ((await running.world.get('dispute', described.id)) !== undefined) throw DomainError.of('already-exists', 'this dispute id is taken');
      if (enterprise.marks.length >= 100) throw DomainError.of('limit-exceeded', 'an enterprise can have at most 100 open marks');
      const dispute: Dispute = { ...described, state: 'FILED', filedAt: running.at, changedAt: running.at, version: 1 };
      running.save('enterprise', enterprise.ref, setMark(enterprise, markOf(dispute)), 'mark');
      return save(running, dispute, 'file');
    });
  }

  /** The platform forwards to the node. */
  @Transaction()
  async forward(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'disputes:forward', text, { roles: ['platform'] }, async (running, { id }) => {
      const dispute = await running.world.need('dispute', id);
      running.assertCallerIs(dispute.platform);
      return move(running, dispute, 'FORWARDED', 'forward');
    });
  }

  /** The node hands it to the provider. */
  @Transaction()
  async review(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'disputes:review', text, NODE, async (running, { id }) => move(running, await running.world.need('dispute', id), 'UNDER_REVIEW', 'review'));
  }

  /** The provider's finding: corrected or confirmed cancels the mark, undetermined leaves a note. */
  @Transaction()
  async resolve(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'disputes:resolve', text, { roles: ['provider'] }, async (running, { id, finding, documentDigest }) => {
      const dispute = await running.world.need('dispute', id);
      running.assertCallerIs(running.ruleBook.items[dispute.item]?.provider ?? '');
      const resolved = moveDispute(dispute, finding, running.at);
      const enterprise = await running.world.need('enterprise', dispute.enterprise);
      running.save('enterprise', enterprise.ref, settleMark(enterprise, id, finding), 'settle-mark', { documentDigest });
      return save(running, resolved, 'resolve', documentDigest);
    });
  }

  /** The node answers in writing. */
  @Transaction()
  async answer(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'disputes:answer', text, NODE, async (running, { id, documentDigest }) => move(running, await running.world.need('dispute', id), 'ANSWERED', 'answer', documentDigest));
  }

  /** Closed. */
  @Transaction()
  async close(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'disputes:close', text, NODE, async (running, { id }) => move(running, await running.world.need('dispute', id), 'CLOSED', 'close'));
  }
}

function assertMayFile(running: RunningTransaction, filedBy: Dispute['filedBy'], platform: string, registeredAt: readonly string[]): void {
  const { caller } = running;
  if (!registeredAt.includes(platform)) throw DomainError.of('participant-not-active', 'the enterprise is not registered at this platform');
  if (filedBy === 'PRINCIPAL') return running.assertCallerIs(platform);
  const member = caller.role === 'recipient' && caller.platforms.includes(platform);
  if (!member && caller.id !== platform) throw DomainError.of('not-yours', 'a recipient disputes through a platform that admitted it');
}

function move(running: RunningTransaction, dispute: Dispute, to: DisputeState, action: string, documentDigest?: string): { ids: string[] } {
  return save(running, moveDispute(dispute, to, running.at), action, documentDigest);
}

function save(running: RunningTransaction, dispute: Dispute, action: string, documentDigest?: string): { ids: string[] } {
  running.save('dispute', dispute.id, dispute, action, documentDigest === undefined ? {} : { documentDigest });
  return { ids: [dispute.id] };
}
