import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { askDeletion, attestDeletion, deletionIdOf, DomainError, type Deletion } from '../domain';
import { permittedRelease } from './recorded-release';
import { transact, type RunningTransaction } from './transact';

/** Who received data owes their deletion also when suspended or gone. */
const RECEIVERS = { roles: ['recipient', 'platform'], states: ['ADMITTED', 'SUSPENDED', 'EXITED'] } as const;

/** Deletions: asked of recipients when a grant or its retention ended, attested by them (删除回执). */
@Info({ title: 'deletions', description: 'Deletions asked of recipients, and their attestations' })
export class DeletionsContract extends Contract {
  constructor() {
    super('deletions');
  }

  /** Asks the recipient of a release, which proves that it received. */
  @Transaction()
  async ask(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'deletions:ask', text, { roles: ['provincialNode', 'platform'] }, async (running, { releaseId }) => {
      const { world, ruleBook, at } = running;
      const release = await permittedRelease(world, releaseId);
      if (release.grantId === undefined) throw DomainError.of('state-conflict', 'deletion is asked of who received data under a grant');
      const grant = await world.need('grant', release.grantId);
      running.assertCallerIs(grant.platform, ruleBook.node);
      if ((await world.get('deletion', deletionIdOf(releaseId))) !== undefined) throw DomainError.of('already-exists', 'deletion was asked for already');
      return save(running, askDeletion(grant, release, ruleBook.items, at), 'ask');
    });
  }

  /** The recipient's word: deleted, or only stored and why. */
  @Transaction()
  async attest(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'deletions:attest', text, RECEIVERS, async (running, { id, operation: _operation, ...attested }) => {
      const deletion = await running.world.need('deletion', id);
      running.assertCallerIs(deletion.recipient);
      return save(running, attestDeletion(deletion, attested, running.at), 'attest', attested.documentDigest);
    });
  }
}

function save(running: RunningTransaction, deletion: Deletion, action: string, documentDigest?: string): { ids: string[] } {
  running.save('deletion', deletion.id, deletion, action, documentDigest === undefined ? {} : { documentDigest });
  return { ids: [deletion.id] };
}
