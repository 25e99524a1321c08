import assert from 'node:assert/strict';
import type { Identity } from '@kesu/certs';
import { DomainError, type ErrorCode } from '@kesu/chaincode/domain';
import { type Call, type CommittedBlock, type Ledger, LedgerError, type LedgerErrorKind, type LedgerTransaction } from './ledger';

/** A transaction with its command: a call without its caller. */
export type Request = Pick<Call, 'transaction' | 'command'>;

/** The words in which the promises speak of the contracts that a ledger runs. Names are state keys or ids, fresh for each test. */
export interface LedgerVocabulary {
  /** A name that nothing was written under. */
  freshName(): string;
  /** Sets something under a fresh name; calls with different names don't race. */
  write(name: string): Request;
  /** Reads what is under a name. */
  read(name: string): Request;
  /** Whether the answer of `read` says that something was set. */
  isWritten(result: string): boolean;
  /** Reads the key of a fresh name and writes it: of several at once only one can be valid. */
  contend(name: string): Request;
  /** Is refused by a rule, after it set something under the name where the contract does that. */
  refuse(name: string): Request;
  /** The code of that refusal. */
  readonly refusal: ErrorCode;
}

/** A ledger under test. */
export interface LedgerHarness {
  readonly ledger: Ledger;
  readonly vocabulary: LedgerVocabulary;
  /** A caller that may do everything in the vocabulary, and another of the same organisation. */
  readonly caller: Identity;
  readonly colleague: Identity;
  /** Callers that must be refused. */
  readonly intruders: { readonly foreign: Identity; readonly expired: Identity; readonly revoked: Identity };
  /** Submits with a claimed time so many milliseconds from the ledger's clock; absent where the adapter can't. */
  submitClaiming?(call: Call, offsetMillis: number): Promise<unknown>;
  /** Ends everything that belongs to the test. */
  dispose(): Promise<void>;
}

/** One promise of the port, as a sentence and a check of it. */
export interface LedgerPromise {
  readonly name: string;
  readonly check: (harness: LedgerHarness) => Promise<void>;
}

/** So many contenders race for one key in a test. */
const CONTENDERS = 12;

/** Every promise of the `Ledger` port (architecture.md, "Inside network/"). */
export const LEDGER_PROMISES: readonly LedgerPromise[] = [
  {
    name: 'resolves a submit when the call is committed, visible to reads and in the stream at the position it says',
    check: async (harness) => {
      const { ledger, vocabulary } = harness;
      const name = vocabulary.freshName();
      const committed = await submit(harness, vocabulary.write(name));
      assert.ok(await isWritten(harness, name));
      assert.equal(committed.head.block, committed.position.block);
      const transaction = await transactionAt(ledger, committed.position.block, committed.position.index);
      assert.equal(transaction.txId, committed.position.txId);
      assert.equal(transaction.validity, 'VALID');
      assert.equal(transaction.result, committed.result);
      assert.equal(transaction.claimedTime, committed.claimedTime);
      assert.equal(transaction.mspId, harness.caller.mspId);
      assert.equal(transaction.certificate.trim(), harness.caller.certificate.trim());
    },
  },
  {
    name: 'shows in the stream the command as it was submitted, its writes and its events',
    check: async (harness) => {
      const request = harness.vocabulary.write(harness.vocabulary.freshName());
      const { position } = await submit(harness, request);
      const transaction = await transactionAt(harness.ledger, position.block, position.index);
      assert.equal(transaction.command, request.command);
      assert.equal(transaction.transaction, request.transaction);
      assert.ok(transaction.writes.length > 0);
      assert.ok(Array.isArray(JSON.parse(transaction.events ?? 'null')));
    },
  },
  {
    name: 'passes a refusal on as a DomainError and records nothing of it',
    check: async (harness) => {
      const name = harness.vocabulary.freshName();
      const before = await harness.ledger.head();
      await assertRefused(submit(harness, harness.vocabulary.refuse(name)), harness.vocabulary.refusal);
      assert.deepEqual(await harness.ledger.head(), before);
      assert.ok(!(await isWritten(harness, name)));
    },
  },
  {
    name: 'lets one of several calls that race for a key win; the others conflict and stay in their block as invalid',
    check: checkRace,
  },
  {
    name: 'orders calls that do not race as they were answered',
    check: async (harness) => {
      const first = await submit(harness, harness.vocabulary.write(harness.vocabulary.freshName()));
      const second = await submit(harness, harness.vocabulary.write(harness.vocabulary.freshName()));
      assert.ok(isBefore(first.position, second.position));
    },
  },
  {
    name: 'commits many independent calls at once, each exactly once',
    check: async (harness) => {
      const names = Array.from({ length: CONTENDERS }, () => harness.vocabulary.freshName());
      const committed = await Promise.all(names.map((name) => submit(harness, harness.vocabulary.write(name))));
      assert.equal(new Set(committed.map(({ position }) => `${position.block}.${position.index}`)).size, CONTENDERS);
      for (const name of names) assert.ok(await isWritten(harness, name));
    },
  },
  { name: 'refuses a caller of a foreign authority', check: (harness) => checkIntruder(harness, harness.intruders.foreign) },
  { name: 'refuses a caller whose certificate has expired', check: (harness) => checkIntruder(harness, harness.intruders.expired) },
  { name: 'refuses a caller whose certificate is revoked', check: (harness) => checkIntruder(harness, harness.intruders.revoked) },
  {
    name: 'refuses a call that another key than the certificate’s has signed',
    check: (harness) => checkIntruder(harness, { ...harness.caller, sign: harness.colleague.sign }),
  },
  {
    name: 'refuses a caller who names another organisation than the certificate’s',
    check: (harness) => checkIntruder(harness, { ...harness.caller, mspId: 'NobodyMSP' }),
  },
  {
    name: 'refuses a transaction that no contract has, and names without a contract',
    check: async (harness) => {
      const { command } = harness.vocabulary.read('none');
      for (const transaction of ['nothing:here', 'read', '', ':', 'org.hyperledger.fabric:GetMetadata', 'toString', '__proto__:x']) {
        await assertRefused(submit(harness, { transaction, command }), 'unknown-transaction');
        await assertRefused(evaluate(harness, { transaction, command }), 'unknown-transaction');
      }
    },
  },
  {
    name: 'refuses a command that is not in RFC 8785 form',
    check: async (harness) => {
      const { transaction, command } = harness.vocabulary.write(harness.vocabulary.freshName());
      for (const other of [command.replace('{', '{ '), ` ${command}`, `\ufeff${command}`, command.replace('{', '{"a":1,"a":1,'), command.slice(0, -1), '']) {
        await assertRefused(submit(harness, { transaction, command: other }), 'malformed-command');
      }
    },
  },
  {
    name: 'records nothing of an evaluated call',
    check: async (harness) => {
      const name = harness.vocabulary.freshName();
      const before = await harness.ledger.head();
      await evaluate(harness, harness.vocabulary.write(name));
      assert.ok(!(await isWritten(harness, name)));
      assert.deepEqual(await harness.ledger.head(), before);
    },
  },
  {
    name: 'refuses a claimed time more than 30 s from the clock, and no other (I4)',
    check: async (harness) => {
      if (harness.submitClaiming === undefined) return;
      const call = (): Call => ({ identity: harness.caller, ...harness.vocabulary.write(harness.vocabulary.freshName()) });
      for (const offset of [-31_000, 31_000, 3_600_000]) await assertRefused(harness.submitClaiming(call(), offset), 'claimed-time-out-of-bounds');
      for (const offset of [-29_000, 29_000]) await harness.submitClaiming(call(), offset);
    },
  },
  { name: 'streams every block once, in order, each hash in the next, from wherever it is asked', check: checkStream },
  {
    name: 'streams blocks that come later, and ends when it is aborted',
    check: async (harness) => {
      const { block } = await harness.ledger.head();
      const stop = new AbortController();
      const seen: number[] = [];
      const reading = (async () => {
        for await (const each of harness.ledger.blocks(block + 1, stop.signal)) {
          seen.push(each.block);
          if (seen.length === 3) stop.abort();
        }
      })();
      for (let i = 0; i < 3; i++) await submit(harness, harness.vocabulary.write(harness.vocabulary.freshName()));
      await reading;
      assert.deepEqual(seen, [block + 1, block + 2, block + 3]);
    },
  },
  {
    name: 'fails every call as unavailable once it is closed, and may be closed twice',
    check: async (harness) => {
      await harness.ledger.close();
      await harness.ledger.close();
      await assertLedgerError(submit(harness, harness.vocabulary.write(harness.vocabulary.freshName())), 'unavailable');
      await assertLedgerError(evaluate(harness, harness.vocabulary.read('none')), 'unavailable');
      await assertLedgerError(harness.ledger.head(), 'unavailable');
      await assertLedgerError(harness.ledger.blocks(0, new AbortController().signal)[Symbol.asyncIterator]().next(), 'unavailable');
    },
  },
  {
    name: 'answers what is under way when it is closed',
    check: async (harness) => {
      const calls = Array.from({ length: 5 }, () => submit(harness, harness.vocabulary.write(harness.vocabulary.freshName())));
      const [answers] = await Promise.all([Promise.allSettled(calls), harness.ledger.close()]);
      for (const each of answers) {
        if (each.status === 'rejected') assert.ok(each.reason instanceof LedgerError && each.reason.kind === 'unavailable', String(each.reason));
      }
    },
  },
];

declare const describe: (name: string, define: () => void) => void;
declare const it: (name: string, test: () => Promise<void>) => void;

/** Defines one test for each promise, each on a ledger of its own. To be called from a test file of an adapter. */
export function describeLedgerConformance(name: string, open: () => Promise<LedgerHarness>): void {
  describe(`${name} keeps the promises of the ledger port:`, () => {
    for (const promise of LEDGER_PROMISES) {
      it(promise.name, async () => {
        const harness = await open();
        try {
          await promise.check(harness);
        } finally {
          await harness.dispose();
        }
      });
    }
  });
}

async function checkRace(harness: LedgerHarness): Promise<void> {
  const { ledger, vocabulary } = harness;
  const name = vocabulary.freshName();
  const { block } = await ledger.head();
  const answers = await Promise.allSettled(Array.from({ length: CONTENDERS }, () => submit(harness, vocabulary.contend(name))));
  const won = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const lost = answers.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
  assert.ok(won.length >= 1 && lost.length >= 1, `${won.length} won, ${lost.length} lost`);
  for (const reason of lost) assert.ok(reason instanceof LedgerError && reason.kind === 'conflict', String(reason));
  const { block: last } = await ledger.head();
  const transactions = (await blocksBetween(ledger, block + 1, last)).flatMap((each) => each.transactions);
  assert.equal(transactions.length, CONTENDERS);
  const valid = transactions.filter((each) => each.validity === 'VALID');
  assert.deepEqual(valid.map((each) => each.txId).sort(), won.map((each) => each.position.txId).sort());
  for (const each of transactions.filter((other) => other.validity !== 'VALID')) assert.equal(each.validity, 'MVCC_READ_CONFLICT');
}

async function checkStream(harness: LedgerHarness): Promise<void> {
  const { ledger, vocabulary } = harness;
  for (let i = 0; i < 4; i++) await submit(harness, vocabulary.write(vocabulary.freshName()));
  const { block: last, hash } = await ledger.head();
  const whole = await blocksBetween(ledger, 0, last);
  assert.deepEqual(whole.map((each) => each.block), Array.from({ length: last + 1 }, (_, number) => number));
  for (const [number, each] of whole.entries()) if (number > 0) assert.equal(each.previousHash, whole[number - 1]?.hash);
  assert.equal(whole.at(-1)?.hash, hash);
  for (const from of [1, last]) assert.deepEqual(await blocksBetween(ledger, from, last), whole.slice(from));
}

async function checkIntruder(harness: LedgerHarness, identity: Identity): Promise<void> {
  const name = harness.vocabulary.freshName();
  await assertRefused(harness.ledger.submit({ identity, ...harness.vocabulary.write(name) }), 'caller-unknown');
  await assertRefused(harness.ledger.evaluate({ identity, ...harness.vocabulary.read(name) }), 'caller-unknown');
  assert.ok(!(await isWritten(harness, name)));
}

function submit({ ledger, caller }: LedgerHarness, request: Request): ReturnType<Ledger['submit']> {
  return ledger.submit({ identity: caller, ...request });
}

function evaluate({ ledger, caller }: LedgerHarness, request: Request): ReturnType<Ledger['evaluate']> {
  return ledger.evaluate({ identity: caller, ...request });
}

async function isWritten(harness: LedgerHarness, name: string): Promise<boolean> {
  return harness.vocabulary.isWritten((await evaluate(harness, harness.vocabulary.read(name))).result);
}

async function blocksBetween(ledger: Ledger, first: number, last: number): Promise<CommittedBlock[]> {
  const blocks: CommittedBlock[] = [];
  if (first > last) return blocks;
  for await (const block of ledger.blocks(first, new AbortController().signal)) {
    blocks.push(block);
    if (block.block === last) break;
  }
  return blocks;
}

async function transactionAt(ledger: Ledger, block: number, index: number): Promise<LedgerTransaction> {
  const [found] = await blocksBetween(ledger, block, block);
  const transaction = found?.transactions.find((each) => each.index === index);
  assert.ok(transaction, `block ${block} has no call ${index}`);
  return transaction;
}

async function assertRefused(answer: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(answer, (error: unknown) => {
    assert.ok(error instanceof DomainError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

async function assertLedgerError(answer: Promise<unknown>, kind: LedgerErrorKind): Promise<void> {
  await assert.rejects(answer, (error: unknown) => {
    assert.ok(error instanceof LedgerError, String(error));
    assert.equal(error.kind, kind);
    return true;
  });
}

function isBefore(a: { readonly block: number; readonly index: number }, b: { readonly block: number; readonly index: number }): boolean {
  return a.block < b.block || (a.block === b.block && a.index < b.index);
}
