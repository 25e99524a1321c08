const CREDIT_CODE_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const CREDIT_CODE = /^[1-9ANY][1-9A]\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
const RESIDENT_ID = /^[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[0-9X]$/;
const RESIDENT_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const MOBILE = /^(0086|86)?1[3-9]\d{9}$/;

/**
 * True when a word of `text` (letters and digits between anything else, in either case, full-width digits included) has the
 * form of a unified social credit code (GB 32100) or resident id (GB 11643) with its right check character, or of a
 * mainland mobile number. What clients choose freely is refused by it, so that no such number reaches the ledger (I16).
 *
 * It finds slips, not intent: a number that is broken up or disguised passes, and so does one of the few issued credit codes whose
 * check character is wrong.
 */
export function looksLikePersonalNumber(text: string): boolean {
  const words = text.normalize('NFKC').toUpperCase().split(/[^0-9A-Z]+/);
  return words.some((word) => MOBILE.test(word) || isCreditCode(word) || isResidentId(word));
}

function isCreditCode(word: string): boolean {
  if (!CREDIT_CODE.test(word)) return false;
  let sum = 0;
  let weight = 1;
  for (const c of word.slice(0, 17)) {
    sum += CREDIT_CODE_ALPHABET.indexOf(c) * weight;
    weight = (weight * 3) % 31;
  }
  return CREDIT_CODE_ALPHABET[(31 - (sum % 31)) % 31] === word[17];
}

function isResidentId(word: string): boolean {
  if (!RESIDENT_ID.test(word)) return false;
  const sum = RESIDENT_WEIGHTS.reduce((total, weight, index) => total + weight * Number(word[index]), 0);
  return '10X98765432'[sum % 11] === word[17];
}
