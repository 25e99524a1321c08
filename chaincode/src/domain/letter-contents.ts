import type { CatalogueItem } from './catalogue-item';
import { DomainError, type Fault } from './errors';
import type { Template } from './template';

/**
 * The names that every letter's text holds in braces (domain.md, Template): parties with name and code, items, purpose, period and what
 * ends it, limits, retention, signatory with capacity, date. The pure function that makes the letter fills them in.
 */
export const REQUIRED_PLACEHOLDERS = [
  'principalName',
  'principalCode',
  'recipientName',
  'platformName',
  'conduitClause',
  'itemList',
  'purposeWords',
  'periodFrom',
  'periodUntil',
  'endsWhen',
  'limits',
  'retentionDays',
  'signatoryName',
  'signatoryCapacity',
  'signedDate',
] as const;

/** Every name that a letter's text may hold in braces. */
export const LETTER_PLACEHOLDERS = [...REQUIRED_PLACEHOLDERS, 'network'] as const;

/** What every letter tells in its own words: how to withdraw, how to dispute, how to complain. */
const TOLD = [
  { what: 'how to withdraw', zh: '撤回', en: 'withdraw' },
  { what: 'how to dispute', zh: '异议', en: 'dispute' },
  { what: 'how to complain', zh: '投诉', en: 'complain' },
] as const;

/** What a letter with personal items tells besides (征信业管理条例 14). */
const TOLD_TO_PERSONS = { what: 'adverse consequences', zh: '不利后果', en: 'consequences' } as const;

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

/**
 * Refuses a template whose letters would lack what every letter holds, or whose clauses aren't where it says.
 * @throws DomainError template-not-applicable with a fault for each text and what it lacks.
 */
export function assertLettersAreWhole(template: Template, catalogue: ReadonlyMap<string, CatalogueItem>): void {
  const concernsPersons = template.items.some(({ code }) => catalogue.get(code)?.subject === 'PERSON');
  const told = concernsPersons ? [...TOLD, TOLD_TO_PERSONS] : TOLD;
  const faults = (['zh', 'en'] as const).flatMap((language) => {
    const text = language === 'zh' ? template.textZh : template.textEn;
    const pointer = language === 'zh' ? '/template/textZh' : '/template/textEn';
    return [...placeholderFaults(text), ...told.filter((one) => !text.includes(one[language])).map(({ what }) => `doesn't tell ${what}`), ...clauseFaults(text, template)].map((detail): Fault => ({ pointer, detail }));
  });
  if (faults.length > 0) throw DomainError.of('template-not-applicable', 'the letters of this template would not hold what every letter holds', faults.slice(0, MOST_FAULTS));
}

/** So many faults are named; the first of them lead to the others. */
const MOST_FAULTS = 20;

function placeholderFaults(text: string): string[] {
  const named = new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  const known: readonly string[] = LETTER_PLACEHOLDERS;
  return [...REQUIRED_PLACEHOLDERS.filter((name) => !named.has(name)).map((name) => `lacks {${name}}`), ...[...named].filter((name) => !known.includes(name)).map((name) => `holds {${name}}, which nothing fills in`)];
}

/** A clause that meets a provider's requirement stands at the beginning of a line under its number. */
function clauseFaults(text: string, { meets }: Template): string[] {
  const numbers = new Set([...text.matchAll(/^\s*(\d{1,2}(?:\.\d{1,2})?)(?![\d])/gm)].map(([, number = '']) => number));
  return [...new Set(meets.map(({ clause }) => clause))].filter((clause) => !numbers.has(clause)).map((clause) => `has no clause ${clause}`);
}
