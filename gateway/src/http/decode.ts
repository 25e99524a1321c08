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
  return error.issues.flatMap((issue) => innerIssues(issue)).slice(0, MAX_FAULTS).map((issue) => {
    const pointer = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return { pointer: withheld(pointer, ''), detail: withheld(issue.message, 'a member is not known, and its name is not repeated') };
  });
}

type Issue = z.core.$ZodIssue;

/** A union says only that no form fits: what is wrong stands in the form that comes nearest, the one with the fewest faults. */
function innerIssues(issue: Issue, path: readonly PropertyKey[] = []): { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  const whole = [...path, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ path: whole, message: issue.message }];
  const forms = issue.errors.map((form) => form.flatMap((inner) => innerIssues(inner, whole)));
  return forms.reduce((nearest, form) => (form.length < nearest.length ? form : nearest));
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
