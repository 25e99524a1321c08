import type { z } from 'zod';
import type { WalletStorage } from './storage';

/** Writes a record as UTF-8 JSON. */
export async function putJson(storage: WalletStorage, key: string, value: unknown): Promise<void> {
  await storage.put(key, new TextEncoder().encode(JSON.stringify(value)));
}

/**
 * Reads a record written by {@link putJson}.
 * @returns undefined when the key isn't there.
 * @throws Error when the bytes are not such a record; the text names the key and never the content, which may be secret.
 */
export async function getJson<T>(storage: WalletStorage, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await storage.get(key);
  if (bytes === undefined) return undefined;
  const result = schema.safeParse(parsed(bytes));
  if (!result.success) throw new Error(`The stored record "${key}" is damaged. Restore the storage from its backup.`);
  return result.data;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
