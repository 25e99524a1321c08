/** Closes each in order, also after one failed, so that what comes last (a lock) is given up in any case. @throws the first failure. */
export async function closeEach(closing: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
