import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, moveEnterprise, replaceRepresentative, speaksForEnterprise, type Enterprise } from '../domain';
import { verifySignedSet } from './signed-set';
import { ANYONE, transact, type RunningTransaction } from './transact';

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

  /** Further platforms, by what the enterprise signed; any admitted participant may carry it. */
  @Transaction()
  async 'join-platform'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'enterprises:join-platform', text, ANYONE, async (running, { envelope, statements, signatures }) => {
      const { enterprise, keys } = await verifySignedSet(running, { envelope, statements, signatures });
      if (!speaksForEnterprise(keys, enterprise)) throw DomainError.of('authority-insufficient', 'an enterprise registers at a platform by the key of the person whom the registry names');
      let joined = enterprise;
      for (const statement of statements) {
        joined = await joinedTo(running, joined, statement.platform);
        running.save('enterprise', joined.ref, joined, 'join-platform', { signed: { statement, envelope, signatures } });
      }
      return { ids: [joined.ref] };
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

/** Most platforms at which an enterprise is registered. */
const MAX_PLATFORMS = 20;

async function joinedTo(running: RunningTransaction, enterprise: Enterprise, id: string): Promise<Enterprise> {
  const platform = running.ruleBook.participants[id] === undefined ? undefined : await running.world.get('participant', id);
  if (platform?.role !== 'platform' || platform.state !== 'ADMITTED') throw DomainError.of('participant-not-active', `${id} is no admitted platform`);
  if (enterprise.platforms.includes(id)) throw DomainError.of('already-exists', `the enterprise is registered at ${id} already`);
  if (enterprise.platforms.length >= MAX_PLATFORMS) throw DomainError.of('limit-exceeded', `an enterprise is registered at no more than ${MAX_PLATFORMS} platforms`);
  return { ...enterprise, platforms: [...enterprise.platforms, id], version: enterprise.version + 1 };
}

function save(running: RunningTransaction, enterprise: Enterprise, action: string, documentDigest?: string): { ids: string[] } {
  running.save('enterprise', enterprise.ref, enterprise, action, documentDigest === undefined ? {} : { documentDigest });
  return { ids: [enterprise.ref] };
}
