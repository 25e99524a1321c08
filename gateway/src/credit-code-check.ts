import { isUnifiedIdentifier } from 'util-helpers';

/**
 * True when `text` is a unified social credit code whose check character is right (GB 32100-2015): 18 characters, upper case,
 * without I, O, S, V, Z. Some issued codes fail their check character: such a code passes only through an audited override that
 * the registry confirmed, which is the caller's to look up, never this function's to guess.
 */
export function isCreditCode(text: string): boolean {
  return isUnifiedIdentifier(text);
}

/** True when `text` has the characters and length of a unified social credit code, its check character aside: what an override needs. */
export function hasCreditCodeForm(text: string): boolean {
  return isUnifiedIdentifier(text, { checkCode: false });
}
