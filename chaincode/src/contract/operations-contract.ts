import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { canonicalJson, PARTICIPANT_ROLES, type OperationRecord } from '../domain';
import type { OperationOutcome } from '../transactions';
import { callerCertificate, callingParticipant } from './caller';
import { guardedClaimedTime } from './clock-guard';
import { RULE_BOOK_ID } from './keys';
import { decodeCommand, EVENT_NAME } from './transact';
import { WorldState } from './world-state';

/** A suspended participant still learns what became of its operations. */
const KNOWN = { roles: PARTICIPANT_ROLES, states: ['ADMITTED', 'SUSPENDED', 'EXITED'] } as const;

/** Makes outcomes definite (I8). */
@Info({ title: 'operations', description: 'Operations whose outcome is unknown' })
export class OperationsContract extends Contract {
  constructor() {
    super('operations');
  }

  /** Writes the operation's key if it is free, so that the operation can't take effect later; answers what it became. */
  @Transaction()
  async close(ctx: Context, text: string): Promise<string> {
    const { operation } = decodeCommand('operations:close', text);
    guardedClaimedTime(ctx.stub);
    const world = new WorldState(ctx.stub);
    const ruleBook = await world.need('rule-book', RULE_BOOK_ID);
    const caller = await callingParticipant(callerCertificate(ctx), world, ruleBook, KNOWN);
    const present = await world.get('operation', operation);
    if (present !== undefined) return canonicalJson(outcomeFor(caller.id, present));
    const closed: OperationRecord = { kind: 'CLOSED', actor: caller.id };
    world.put('operation', operation, closed);
    await world.flush();
    ctx.stub.setEvent(EVENT_NAME, Buffer.from(canonicalJson([{ kind: 'operation-closed', operation, actor: caller.id }]), 'utf8'));
    return canonicalJson(outcomeFor(caller.id, closed));
  }

  /** Reads what an operation became. */
  @Transaction(false)
  async read(ctx: Context, text: string): Promise<string> {
    const { operation, actor } = decodeCommand('operations:read', text);
    const world = new WorldState(ctx.stub);
    const ruleBook = await world.need('rule-book', RULE_BOOK_ID);
    const caller = await callingParticipant(callerCertificate(ctx), world, ruleBook, KNOWN);
    const present = actor === caller.id ? await world.get('operation', operation) : undefined;
    return canonicalJson(outcomeFor(caller.id, present));
  }
}

/** An operation is told to its own caller only. */
function outcomeFor(callerId: string, record: OperationRecord | undefined): OperationOutcome {
  if (record?.actor !== callerId) return { kind: 'UNKNOWN' };
  return record.kind === 'CLOSED' ? { kind: 'CLOSED' } : { kind: 'DONE', transaction: record.transaction, result: record.result };
}
