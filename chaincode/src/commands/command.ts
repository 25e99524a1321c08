import { z } from 'zod';
import { idSchema } from '../domain';

/**
 * A command's own id. A repeat of the same command answers the same and does nothing; another command under the id is
 * refused; `operations:close` makes sure that a command whose outcome is unknown can't take effect any more (I7, I8).
 */
export const operation = { operation: idSchema };

/** A strict command object that carries its operation id. */
export function command<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject({ ...operation, ...shape });
}
