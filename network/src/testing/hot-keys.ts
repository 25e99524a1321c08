import type { CommittedBlock } from '../ledger';

/**
 * State keys that more than one transaction of that name wrote, though no two of them share what they are about: a counter, a "last seen",
 * a statistic. Of concurrent writers of such a key all but one lose (architecture.md rule 2).
 */
export function hotKeysOf(history: readonly CommittedBlock[], transaction: string): string[] {
  const writers = new Map<string, number>();
  for (const { transactions } of history) {
    for (const each of transactions.filter((one) => one.validity === 'VALID' && one.transaction === transaction)) {
      for (const { key } of each.writes) writers.set(key, (writers.get(key) ?? 0) + 1);
    }
  }
  return [...writers].filter(([, count]) => count > 1).map(([key]) => key);
}
