import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, loanReportId, moveLoan, type Loan } from '../domain';
import { transact, type RunningTransaction } from './transact';

const REPORTERS = { roles: ['recipient', 'platform'] } as const;

/** Loans as recipients report them (任务 9), themselves or through their platform. */
@Info({ title: 'loans', description: 'Loans and their life' })
export class LoansContract extends Contract {
  constructor() {
    super('loans');
  }

  /** Opens a loan: an application. */
  @Transaction()
  async open(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'loans:open', text, REPORTERS, async (running, { operation: _operation, amountFen, ...described }) => {
      running.assertCallerIs(described.recipient, described.platform);
      if ((await running.world.get('loan', described.ref)) !== undefined) throw DomainError.of('already-exists', 'this loan reference is taken');
      const enterprise = await running.world.need('enterprise', described.enterprise);
      const recipient = await running.world.need('participant', described.recipient);
      if (!enterprise.platforms.includes(described.platform)) throw DomainError.of('participant-not-active', 'the enterprise is not registered at this platform');
      if (recipient.role !== 'recipient' || recipient.state !== 'ADMITTED' || !recipient.platforms.includes(described.platform)) throw DomainError.of('participant-not-active', 'the recipient is no institution admitted by this platform');
      const loan: Loan = { ...described, state: 'APPLIED', ...(amountFen === undefined ? {} : { amountFen }), changedAt: running.at, version: 1 };
      return save(running, loan, 'open');
    });
  }

  /** Reports the next state. */
  @Transaction()
  async advance(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'loans:advance', text, REPORTERS, async (running, { ref, to, amountFen, repaidFen }) => {
      const loan = await running.world.need('loan', ref);
      running.assertCallerIs(loan.recipient, loan.platform);
      return save(running, moveLoan(loan, to, { amountFen, repaidFen, at: running.at }), 'advance');
    });
  }
}

function save(running: RunningTransaction, loan: Loan, action: string): { ids: string[] } {
  running.world.put('loan-report', loanReportId(loan), loan);
  running.save('loan', loan.ref, loan, action);
  return { ids: [loan.ref] };
}
