import { z } from 'zod';
import { DomainError } from '../errors';
import { instantSchema } from '../instant';
import { dateSchema, fenSchema } from '../primitives';

/** A date that exists in the calendar, of Asia/Shanghai. */
export const calendarDateSchema = dateSchema.refine((date) => instantSchema.safeParse(`${date}T00:00:00.000Z`).success, 'no date of the calendar');

/** Parts in a million: rates are integers, 43,500 is 4.35 % a year. */
export const RATE_DENOMINATOR = 1_000_000;

/** Highest rate of a year that a lender's interest, overdue interest included, is enforced with: 24 % (法发〔2017〕22号 第2条). */
export const HIGHEST_RATE_PPM = 240_000;

/** Most instalments of one debt: thirty years of months. */
export const MAX_INSTALMENTS = 360;

/** Days that a year counts in the contract's daily rate. */
export const DAY_BASES = [360, 365] as const;

/**
 * In which order a repayment that doesn't suffice is allocated. LAW: expenses, interest, overdue interest, principal (民法典 561);
 * PRINCIPAL_FIRST: expenses, principal, interest, overdue interest, where the contract agrees so.
 */
export const ALLOCATIONS = ['LAW', 'PRINCIPAL_FIRST'] as const;
export type Allocation = (typeof ALLOCATIONS)[number];

/** How the notary finds out about performance before a certificate: the parties agree on it in the contract (公证程序规则 39(5)). */
export const VERIFICATION_WAYS = ['LETTER', 'TELEPHONE', 'ELECTRONIC_MESSAGE', 'ON_SITE'] as const;
export type VerificationWay = (typeof VERIFICATION_WAYS)[number];

/** What a debt is by its contract, as integers and dates: nothing of it names anyone. */
export const debtTermsSchema = z
  .strictObject({
    principalFen: fenSchema.min(1),
    /** Interest of a year on what isn't overdue, parts in a million. */
    ratePpm: z.int().min(0).max(HIGHEST_RATE_PPM),
    /** Interest of a year on overdue principal (罚息), parts in a million. No interest on interest. */
    overdueRatePpm: z.int().min(0).max(HIGHEST_RATE_PPM),
    dayBasis: z.literal([...DAY_BASES]),
    allocation: z.enum(ALLOCATIONS),
    /** When which part of the principal is to be paid, in order of dates; a payment on the day itself is in time. */
    instalments: z.array(z.strictObject({ dueOn: calendarDateSchema, principalFen: fenSchema.min(1) })).min(1).max(MAX_INSTALMENTS),
    /** Absent while the parties haven't agreed on one. */
    verificationWay: z.enum(VERIFICATION_WAYS).optional(),
    /** Whether the contract comes with guarantees, which are enforceable only where the deed names them (公证债权文书执行规定 6). */
    guaranteed: z.boolean(),
  })
  .meta({ description: 'What is owed, how and when, by the contract' });
export type DebtTerms = z.infer<typeof debtTermsSchema>;

/**
 * Refuses terms that contradict themselves: instalments out of order, or of another sum than the principal.
 * @throws DomainError period-invalid, sum-mismatch.
 */
export function assertTermsAgree({ principalFen, instalments }: DebtTerms): void {
  const isOrdered = instalments.every((instalment, index) => index === 0 || (instalments[index - 1]?.dueOn ?? '') < instalment.dueOn);
  if (!isOrdered) throw DomainError.of('period-invalid', 'instalments are due one after the other', [{ pointer: '/terms/instalments', detail: 'not in order of dates' }]);
  const sum = instalments.reduce((total, instalment) => total + instalment.principalFen, 0);
  if (sum !== principalFen) throw DomainError.of('sum-mismatch', `the instalments add up to ${sum} fen, the principal is ${principalFen}`, [{ pointer: '/terms/instalments', detail: `adds up to ${sum}` }]);
}
