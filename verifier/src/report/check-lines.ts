import type { WordLanguage } from '@kesu/chaincode/domain';
import type { CheckResult, CheckState } from '../checks/check';
import { CHECK_WORDS, CODE_WORDS_ZH } from './check-words';
import { inChinese, ruleInChinese } from './chinese-sentences';

/** How a check's state is shown. */
export const SIGNS: Readonly<Record<CheckState, string>> = { PASS: '✔', FAIL: '✖', UNKNOWN: '–' };

/** What a check is called. */
export function checkTitle(name: string, language: WordLanguage): string {
  return CHECK_WORDS[name]?.[language] ?? name;
}

/** What a check found, with what its code says when it failed. */
export function checkValue({ code, value }: Pick<CheckResult, 'code' | 'value'>, language: WordLanguage): string {
  if (language === 'en') return value;
  const words = code === undefined ? undefined : CODE_WORDS_ZH[code];
  return words === undefined ? (inChinese(value) ?? value) : `${words}（${value}）`;
}

/** The article or section that asks for a check. */
export function checkRule({ rule }: Pick<CheckResult, 'rule'>, language: WordLanguage): string {
  return language === 'zh' ? ruleInChinese(rule) : rule;
}

/** Whose key or word a check rests on. */
export function checkRests({ restsOn }: Pick<CheckResult, 'restsOn'>, language: WordLanguage): string {
  return language === 'zh' ? (inChinese(restsOn) ?? restsOn) : restsOn;
}

/** Checks as lines, those that found the same in one. */
export function checkLines(checks: readonly CheckResult[], language: WordLanguage): readonly string[] {
  const [comma, colon] = language === 'zh' ? ['、', '：'] : [', ', ': '];
  const titles = new Map<string, string[]>();
  for (const check of checks) {
    const found = `${SIGNS[check.state]}|${checkValue(check, language)}`;
    titles.set(found, [...(titles.get(found) ?? []), checkTitle(check.name, language)]);
  }
  return [...titles].map(([found, names]) => found.replace('|', () => ` ${names.join(comma)}${colon}`));
}
