import type { SeededRandom } from './seed';

/** The 31 characters of GB 32100-2015 in the order of their values: no I, O, S, V, Z. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** The first two characters of a code by the kind of enterprise: registering authority 9, then company, individual business, cooperative or farm. */
export const CREDIT_CODE_PREFIX = { COMPANY: '91', INDIVIDUAL_BUSINESS: '92', COOPERATIVE: '93', FAMILY_FARM: '93' } as const;

/** A kind of enterprise that a demonstration code can be made for. */
export type CreditCodeKind = keyof typeof CREDIT_CODE_PREFIX;

/**
 * The 18th character for the first 17 (GB 32100-2015, 5.3): weights are the powers of 3 modulo 31.
 * @throws TypeError when `body` is not 17 characters of the alphabet.
 */
export function checkCharacterOf(body: string): string {
  if (body.length !== 17) throw new TypeError('a code has 17 characters before its check character');
  let sum = 0;
  let weight = 1;
  for (const c of body) {
    const value = ALPHABET.indexOf(c);
    if (value < 0) throw new TypeError('a character outside the alphabet of GB 32100-2015');
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  return ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** The ninth character of an organisation code (GB 11714-1997), which a credit code holds at its places 9 to 17. */
export function organisationCheckCharacterOf(body: string): string {
  const weights = [3, 7, 9, 10, 5, 8, 4, 2];
  const sum = [...body].reduce((total, c, at) => total + parseInt(c, 36) * (weights[at] ?? 0), 0);
  return '0123456789X0'.charAt(11 - (sum % 11));
}

/**
 * A valid code that no real organisation has: its region part `6199xx` is not assigned.
 * @param region six digits that begin with 6199.
 */
export function makeCreditCode(random: SeededRandom, kind: CreditCodeKind, region: string): string {
  if (!/^6199\d\d$/.test(region)) throw new TypeError('demonstration codes lie in region 6199xx');
  let organisation = 'MA';
  while (organisation.length < 8) organisation += random.pick([...ALPHABET]);
  const body = CREDIT_CODE_PREFIX[kind] + region + organisation + organisationCheckCharacterOf(organisation);
  return body + checkCharacterOf(body);
}

/** A valid code whose check character is 0, which some validators wrongly refuse. */
export function makeCreditCodeEndingInZero(random: SeededRandom, kind: CreditCodeKind, region: string): string {
  for (;;) {
    const code = makeCreditCode(random, kind, region);
    if (code.endsWith('0')) return code;
  }
}

/** A code in the right form with a wrong check character, as some registries issued: it needs an override that the registry confirmed. */
export function makeMisissuedCreditCode(random: SeededRandom, kind: CreditCodeKind, region: string): string {
  const body = makeCreditCode(random, kind, region).slice(0, 17);
  const right = ALPHABET.indexOf(checkCharacterOf(body));
  return body + ALPHABET.charAt((right + random.integer(1, 30)) % 31);
}
