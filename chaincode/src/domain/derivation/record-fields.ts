import { z } from 'zod';
import { dateSchema, monthSchema } from '../primitives';

/** An amount in fen, 0 to 10^12: a sum of 5,000 of them is still a safe integer. */
export const amountFen = z.int().min(0).max(1_000_000_000_000);
/** An amount in fen that may be below zero, such as a profit. */
export const signedFen = z.int().min(-1_000_000_000_000).max(1_000_000_000_000);
/** A count of people, cases or things. */
export const count = z.int().min(0).max(10_000_000);
/** A physical quantity in whole units (kWh, m³, m²). */
export const quantity = z.int().min(0).max(1_000_000_000_000);
/** A calendar year. */
export const year = z.int().min(1949).max(2199);
/** A month, `YYYY-MM`. */
export const month = monthSchema;
/** A date, `YYYY-MM-DD`. */
export const date = dateSchema;
/** A short text of a register: a name, a case number, a ground. */
export const text = z.string().min(1).max(300);
