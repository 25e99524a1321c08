import { z } from 'zod';

/**
 * A command's schema as a request body: without `operation` (it follows from the idempotency key) and without the members that
 * stand in the path; strict as the command is.
 */
export function commandBody<S extends z.ZodRawShape, O extends Readonly<Partial<Record<keyof S, true>>>, E extends z.ZodRawShape = Record<never, never>>(
  command: z.ZodObject<S>,
  omitted: O,
  extra?: E,
): z.ZodObject<Omit<S, keyof O | 'operation'> & E> {
  const shape: Record<string, unknown> = { ...command.shape, ...extra };
  for (const member of ['operation', ...Object.keys(omitted)]) delete shape[member];
  return z.strictObject(shape as z.ZodRawShape) as unknown as z.ZodObject<Omit<S, keyof O | 'operation'> & E>;
}
