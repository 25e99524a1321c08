import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { canonicalJson, PARTICIPANT_ROLES } from '../domain';
import { callerCertificate, callingParticipant } from './caller';
import { RULE_BOOK_ID } from './keys';
import { decodeCommand } from './transact';
import { WorldState } from './world-state';

/** Reads of single records, for doctors and readiness. Advice, never authority. */
@Info({ title: 'records', description: 'Reads of single records' })
export class RecordsContract extends Contract {
  constructor() {
    super('records');
  }

  /** The record of that kind and id, or null. */
  @Transaction(false)
  async read(ctx: Context, text: string): Promise<string> {
    const { kind, id } = decodeCommand('records:read', text);
    const world = new WorldState(ctx.stub);
    const ruleBook = await world.need('rule-book', RULE_BOOK_ID);
    await callingParticipant(callerCertificate(ctx), world, ruleBook, { roles: PARTICIPANT_ROLES, states: ['ADMITTED', 'SUSPENDED', 'EXITED'] });
    return canonicalJson({ record: (await world.get(kind, id)) ?? null });
  }
}
