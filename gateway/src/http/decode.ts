import type { Fault } from '@kesu/chaincode/domain';
import type { z } from 'zod';
import { GatewayError } from '../gateway-error';
import { personalNumberIn } from '../use-cases/idempotency-key';

/** Most faults that one answer names. */
const MAX_FAULTS = 20;

/**
 * The faults of a value by its schema, as JSON pointers and sentences. Values are never repeated, nor is a member's name that looks
 * like a number of a firm or person (I16).
 */
export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.slice(0, MAX_FAULTS).map((issue) => {
    const pointer = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return { pointer: withheld(pointer, ''), detail: withheld(issue.message, 'a member is not known, and its name is not repeated') };
  });
}

function withheld(text: string, instead: string): string {
  return personalNumberIn(text) === undefined ? text : instead;
}

/**
 * Decodes a body or query.
 * @throws GatewayError malformed-body naming each fault.
 */
export function decodeWith<T>(schema: z.ZodType<T>, value: unknown, what: 'body' | 'query'): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw GatewayError.of('malformed-body', `the ${what} does not have the form that the OpenAPI document states`, { faults: faultsOf(parsed.error) });
  return parsed.data;
}
