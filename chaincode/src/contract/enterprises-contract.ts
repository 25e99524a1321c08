import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, moveEnterprise, replaceRepresentative, type Enterprise } from '../domain';
import { transact, type RunningTransaction } from './transact';

const NODE = { roles: ['provincialNode'] } as const;
const PLATFORM = { roles: ['platform'] } as const;

/** Enterprises: registered by a platform, changed only by what the registry or a court shows. */
@Info({ title: 'enterprises', description: 'Enterprises and their state in the registry' })
export class EnterprisesContract extends Contract {
  constructor() {
    super('enterprises');
  }

  /** Registers an enterprise under a random ref. */
  @Transaction()
  async register(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'enterprises:register', text, PLATFORM, async (running, { operation: _operation, ...described }) => {
      if ((await running.world.get('enterprise', described.ref)) !== undefined) throw DomainError.of('already-exists', 'this ref is taken');
      if (described.predecessor !== undefined) await running.world.need('enterprise', described.predecessor);
      const enterprise: Enterprise = { ...described, state: 'OPERATING', representativeSince: running.at, platforms: [running.caller.id], marks: [], version: 1 };
      running.save('enterprise', enterprise.ref, enterprise, 'register');
      running.save('signatories', enterprise.ref, { ref: enterprise.ref, keys: [], mandates: [], version: 1 }, 'register');
      return { ids: [enterprise.ref] };
    });
  }

  /** A further platform that the enterprise registered at. */
  @Transaction()
  async 'join-platform'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'enterprises:join-platform', text, PLATFORM, async (running, { ref }) => {
      const enterprise = await running.world.need('enterprise', ref);
      if (enterprise.platforms.includes(running.caller.id)) throw DomainError.of('already-exists', 'the enterprise is registered here already');
      if (enterprise.platforms.length >= 20) throw DomainError.of('limit-exceeded', 'an enterprise is registered at no more than 20 platforms');
      return save(running, { ...enterprise, platforms: [...enterprise.platforms, running.caller.id], version: enterprise.version + 1 }, 'join-platform');
    });
  }

  /** The state that the registry or a court document shows. */
  @Transaction()
  async move(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'enterprises:move', text, NODE, async (running, { ref, to, documentDigest }) => save(running, moveEnterprise(await running.world.need('enterprise', ref), to), 'move', documentDigest));
  }

  /** A new legal representative: the former one's keys stop signing from this position. */
  @Transaction()
  async 'change-representative'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'enterprises:change-representative', text, NODE, async (running, { ref, representative, documentDigest }) => {
      const enterprise = await running.world.need('enterprise', ref);
      if (enterprise.representative === representative) throw DomainError.of('state-conflict', 'the registry names this person already');
      return save(running, replaceRepresentative(enterprise, representative, running.at), 'change-representative', documentDigest);
    });
  }

  /** A merger, division or change of kind: old grants become INAPPLICABLE. */
  @Transaction()
  async 'link-successor'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'enterprises:link-successor', text, NODE, async (running, { ref, successor, documentDigest }) => {
      const enterprise = await running.world.need('enterprise', ref);
      const next = await running.world.need('enterprise', successor);
      if (next.predecessor !== ref || enterprise.successor !== undefined) throw DomainError.of('state-conflict', 'the successor must name this enterprise as its predecessor, and only one can succeed');
      return save(running, { ...enterprise, successor, version: enterprise.version + 1 }, 'link-successor', documentDigest);
    });
  }
}

function save(running: RunningTransaction, enterprise: Enterprise, action: string, documentDigest?: string): { ids: string[] } {
  running.save('enterprise', enterprise.ref, enterprise, action, documentDigest === undefined ? {} : { documentDigest });
  return { ids: [enterprise.ref] };
}
