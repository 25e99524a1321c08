// What the benches count and how they divide their populations: without anything that must be built.

/** Entries of a page of a trace. */
export const PAGE = 50;
const DEEP_PAGE = 1_000;
/** One release in eight is one of a few enterprises that have enough for page 1000. */
const LARGE_SHARE = 8;
const LARGE_RELEASES = 62_500;
/** The others have about so many each. */
const SMALL_RELEASES = 100;
const FIRST_SIZE = 10_000;

/** Who has the release of that number, and how many enterprises there are of each sort. */
export function population(size) {
  const large = Math.max(1, Math.floor(size / LARGE_SHARE / LARGE_RELEASES));
  const small = Math.max(1, Math.floor(size / SMALL_RELEASES));
  const ownerOf = (release) => (release % LARGE_SHARE === 0 ? `large ${(release / LARGE_SHARE) % large}` : `small ${((release - Math.floor(release / LARGE_SHARE) - 1) * 7919) % small}`);
  const releasesOfLarge = Math.floor(Math.ceil(size / LARGE_SHARE) / large);
  return { large, small, ownerOf, releasesOfLarge, deepPage: Math.min(DEEP_PAGE, Math.floor(releasesOfLarge / PAGE)) };
}

/** The sizes up to the one that was asked for, ten times as large each. */
export function sizesUpTo(size) {
  const sizes = [];
  for (let next = FIRST_SIZE; next < size; next *= 10) sizes.push(next);
  return [...sizes, size];
}

/** How many answers allow although their head holds the revocation: `blocks` names each grant's. */
export function countWrong(answers, blocks) {
  return answers.filter(({ index, decision, block }) => decision && block >= blocks[index]).length;
}
