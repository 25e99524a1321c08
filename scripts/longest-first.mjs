import Sequencer from '@jest/test-sequencer';

/** Suites that take longest, longest first: begun last, one of them would run alone while the other workers wait. */
const LONG = [
  'scripts/e2e/kesu.test.ts',
  'network/src/embedded/conformance.test.ts',
  'gateway/src/demonstration/seed-ledger.test.ts',
  'network/src/embedded/embedded-ledger-faults.test.ts',
  'gateway/src/evidence/mutations.test.ts',
  'gateway/src/projection/projection-fold.test.ts',
];

function rank({ path }) {
  const at = LONG.findIndex((name) => path.endsWith(name));
  return at < 0 ? LONG.length : at;
}

/** A fresh clone knows no durations: jest would order by file size, which says nothing of ours. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
}
