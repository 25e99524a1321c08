import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { NetworkError } from './network-error';

/**
 * A record that the launcher wrote, as JSON.
 * @throws NetworkError `record-damaged`.
 */
export function readRecord<T>(path: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new NetworkError('record-damaged', `${path} is not what \`kesu network\` wrote.`, 'Restore it from a backup of the network.', { cause });
  }
}
