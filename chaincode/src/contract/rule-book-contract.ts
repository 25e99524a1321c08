import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, type Participant, type RuleBook } from '../domain';
import { callerCertificate } from './caller';
import { guardedClaimedTime } from './clock-guard';
import { RULE_BOOK_ID } from './keys';
import { complete, decodeCommand, RunningTransaction, transact } from './transact';
import { WorldState } from './world-state';

const NODE = { roles: ['provincialNode'] } as const;

/** Founding, policy and purposes: the node's own decisions. */
@Info({ title: 'rule-book', description: 'Founding, policy and purposes' })
export class RuleBookContract extends Contract {
  constructor() {
    super('rule-book');
  }

  /** The first transaction: network id, node, organisations. The caller's organisation is the node's for good. */
  @Transaction()
  async found(ctx: Context, text: string): Promise<string> {
    const command = decodeCommand('rule-book:found', text);
    const at = guardedClaimedTime(ctx.stub);
    const { mspId, role, participantId } = callerCertificate(ctx);
    if (role !== 'provincialNode' || participantId !== command.node.id) throw DomainError.of('role-not-allowed', 'only the provincial node founds the ledger');
    if (!command.organisations.includes(mspId)) throw DomainError.of('malformed-command', "the organisations don't hold the node's own");
    const world = new WorldState(ctx.stub);
    const present = await world.get('rule-book', RULE_BOOK_ID);
    const node: Participant = {
      id: participantId,
      role,
      names: command.node.names,
      mspId,
      state: 'ADMITTED',
      regions: [],
      platforms: [],
      assessments: {},
      documentDigest: command.documentDigest,
      keys: [],
      version: 1,
    };
    const ruleBook: RuleBook = {
      network: command.network,
      node: participantId,
      nodeMspId: mspId,
      organisations: command.organisations,
      policy: command.policy,
      purposes: command.purposes,
      items: {},
      templates: {},
      participants: { [participantId]: { role, mspId } },
      version: 1,
    };
    const running = new RunningTransaction(world, present ?? ruleBook, node, at);
    return complete(ctx, running, 'rule-book:found', command, text, () => {
      if (present !== undefined) throw DomainError.of('already-exists', 'the ledger is founded already');
      running.save('rule-book', RULE_BOOK_ID, ruleBook, 'found', { documentDigest: command.documentDigest });
      running.save('participant', participantId, node, 'found', { documentDigest: command.documentDigest });
      return Promise.resolve({ ids: [command.network] });
    });
  }

  /** Sets the policy. */
  @Transaction()
  async 'set-policy'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'rule-book:set-policy', text, NODE, (running, { policy, documentDigest }) => {
      running.saveRuleBook({ policy }, 'set-policy', documentDigest);
      return Promise.resolve({ ids: [RULE_BOOK_ID] });
    });
  }

  /** Sets a purpose's caps. */
  @Transaction()
  async 'set-purpose'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'rule-book:set-purpose', text, NODE, (running, { purpose, rule, documentDigest }) => {
      running.saveRuleBook({ purposes: { ...running.ruleBook.purposes, [purpose]: rule } }, 'set-purpose', documentDigest);
      return Promise.resolve({ ids: [purpose] });
    });
  }
}
