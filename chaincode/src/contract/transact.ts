import type { Context } from 'fabric-contract-api';
import type { z } from 'zod';
import {
  canonicalJson,
  DomainError,
  canonicalValue,
  PARTICIPANT_ROLES,
  writtenEvent,
  type DomainEvent,
  type Fault,
  type Instant,
  type Participant,
  type ParticipantRole,
  type ParticipantState,
  type RecordEvent,
  type RecordKinds,
  type RuleBook,
} from '../domain';
import { TRANSACTIONS, type CommandOf, type ResultOf, type TransactionName } from '../transactions';
import { callerCertificate, callingParticipant } from './caller';
import { guardedClaimedTime } from './clock-guard';
import { RULE_BOOK_ID, type StateKinds } from './keys';
import { sha256HexWithNode } from './sha256-node';
import { P256Verification } from './p256-verification';
import { WorldState } from './world-state';

/** The name of the one event that a transaction sets; its payload is the list of its domain events, each as `writtenEvent` writes it. */
export const EVENT_NAME = 'kesu';

/** The answer of a transaction whose result stands in the operation that it writes. */
const IN_THE_OPERATION = '';

/** Longest command, bytes: a full batch of releases with its signatures fits. */
export const MAX_COMMAND_BYTES = 2 * 1024 * 1024;

/** One transaction while it runs: what it may read and write, who calls, at which claimed time, and what it tells. */
export class RunningTransaction {
  readonly events: DomainEvent[] = [];
  readonly verification = new P256Verification();
  #ruleBook: RuleBook;

  constructor(
    readonly world: WorldState,
    ruleBook: RuleBook,
    readonly caller: Participant,
    readonly at: Instant,
  ) {
    this.#ruleBook = ruleBook;
  }

  /** The rule book with what this transaction changed in it. */
  get ruleBook(): RuleBook {
    return this.#ruleBook;
  }

  /** Saves a record under its id and tells of it. */
  save<K extends keyof RecordKinds>(kind: K, id: string, record: RecordKinds[K], action: string, about: Pick<RecordEvent, 'signed' | 'documentDigest' | 'reason'> = {}): void {
    this.world.put<K>(kind, id, record as StateKinds[K]);
    this.events.push({ kind, action, actor: this.caller.id, record, ...about } as DomainEvent);
  }

  /** Saves a changed rule book; what changed is told by the record's own event. */
  saveRuleBook(change: Partial<RuleBook>, action: string, documentDigest?: string): void {
    this.#ruleBook = { ...this.#ruleBook, ...change, version: this.#ruleBook.version + 1 };
    this.save('rule-book', RULE_BOOK_ID, this.#ruleBook, action, documentDigest === undefined ? {} : { documentDigest });
  }

  /**
   * Refuses a caller that is not the one named.
   * @throws DomainError not-yours.
   */
  assertCallerIs(...ids: readonly string[]): void {
    if (!ids.includes(this.caller.id)) throw DomainError.of('not-yours', `${this.caller.id} may not do this: it belongs to another participant`);
  }
}

/** Who may call a transaction. */
export interface Admission {
  readonly roles: readonly ParticipantRole[];
  /** ADMITTED unless said otherwise. */
  readonly states?: readonly ParticipantState[];
}

/** Anyone listed and admitted. */
export const ANYONE: Admission = { roles: PARTICIPANT_ROLES };

/**
 * Runs a transaction: decode, caller, operation, then `act`, then save and one event. A repeat of an operation answers the
 * same and writes nothing.
 * @param askAhead asks for what the command itself names and `act` reads in any case, beside what every transaction reads.
 * @returns the RFC 8785 form of what an operation answered before; empty for one that is done now, whose record holds the answer: see `resultOf`.
 * @throws DomainError; nothing else leaves the chaincode as a rule's no.
 */
export async function transact<N extends TransactionName>(
  ctx: Context,
  name: N,
  text: string,
  admission: Admission,
  act: (running: RunningTransaction, command: CommandOf<N>) => Promise<ResultOf<N>>,
  askAhead?: (world: WorldState, command: CommandOf<N>) => Promise<unknown>,
): Promise<string> {
  const command = decodeCommand(name, text);
  const at = guardedClaimedTime(ctx.stub);
  const world = new WorldState(ctx.stub);
  const certificate = callerCertificate(ctx);
  // Together: every transaction that isn't refused reads all three.
  const [ruleBook] = await Promise.all([world.get('rule-book', RULE_BOOK_ID), world.get('participant', certificate.participantId), world.get('operation', operationOf(command)), askAhead?.(world, command)]);
  if (ruleBook === undefined) throw DomainError.of('not-found', 'the ledger is not founded: submit rule-book:found first');
  const caller = await callingParticipant(certificate, world, ruleBook, { roles: admission.roles, states: admission.states ?? ['ADMITTED'] });
  const running = new RunningTransaction(world, ruleBook, caller, at);
  return complete(ctx, running, name, command, text, act);
}

/** Runs `act` once under the command's operation and writes what it leaves. */
export async function complete<N extends TransactionName>(
  ctx: Context,
  running: RunningTransaction,
  name: N,
  command: CommandOf<N>,
  text: string,
  act: (running: RunningTransaction, command: CommandOf<N>) => Promise<ResultOf<N>>,
): Promise<string> {
  const operation = operationOf(command);
  const commandDigest = sha256HexWithNode(text);
  const earlier = await running.world.get('operation', operation);
  if (earlier !== undefined) {
    if (earlier.kind === 'CLOSED') throw DomainError.of('operation-closed', 'the operation was closed before it took effect: use a new one');
    if (earlier.commandDigest !== commandDigest || earlier.actor !== running.caller.id) throw DomainError.of('operation-conflict', 'another command was recorded under this operation');
    return canonicalJson(earlier.result);
  }
  const result = await act(running, command);
  running.world.put('operation', operation, { kind: 'DONE', actor: running.caller.id, transaction: name, commandDigest, result });
  await running.world.flush();
  ctx.stub.setEvent(EVENT_NAME, Buffer.from(canonicalJson(running.events.map(writtenEvent)), 'utf8'));
  return IN_THE_OPERATION;
}

/** The operation's id, which every command of a transaction that writes brings. */
function operationOf(command: unknown): string {
  return (command as { operation: string }).operation;
}

/**
 * Decodes a command by its schema.
 * @throws DomainError malformed-command with a JSON pointer for each fault.
 */
export function decodeCommand<N extends TransactionName>(name: N, text: string): CommandOf<N> {
  if (Buffer.byteLength(text) > MAX_COMMAND_BYTES) throw DomainError.of('malformed-command', `the command is longer than ${MAX_COMMAND_BYTES} bytes`);
  const value = canonicalValue(text);
  if (value === undefined) throw DomainError.of('malformed-command', 'the command is not in RFC 8785 form');
  const parsed = TRANSACTIONS[name].command.safeParse(value);
  if (!parsed.success) throw DomainError.of('malformed-command', `the command of ${name} is malformed`, parsed.error.issues.slice(0, 20).map(faultOf));
  return parsed.data as CommandOf<N>;
}

function faultOf(issue: z.core.$ZodIssue): Fault {
  return { pointer: issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), detail: issue.message };
}
