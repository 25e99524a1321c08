import { instantOf, needsSeparateConsent, type Grant, type RuleBook, type TemplateRule } from '@kesu/chaincode/domain';
import type { GatewayParts } from '../gateway-parts';
import type { ReadModel } from '../read-model';
import { foundedRuleBook } from './facts';
import type { WantedLetter } from './letter-set';

/** What the enterprise itself must add before a letter can be made of an offer: a loan of its own, the tick for an item. */
export const OFFER_NEEDS = ['loanRef', 'separateConsent'] as const;

/** A letter prefilled from a grant that a predecessor gave and that no longer applies. */
export interface OfferedLetter {
  readonly formerGrant: string;
  readonly letter: WantedLetter;
  readonly needs: readonly (typeof OFFER_NEEDS)[number][];
}

/** Furthest predecessor that is looked at. */
const LONGEST_LINE = 10;

/**
 * The letters that an enterprise with a predecessor (合并、分立、个转企) may want to sign: what the former ones gave and what was in force until
 * the succession, in the present version of its template and for no longer than it was given. Consent is never carried over: ticks are
 * not prefilled (个人信息保护法 art. 14), and a loan of the former enterprise is not named.
 */
export function offeredLetters({ readModel, clock }: Pick<GatewayParts, 'readModel' | 'clock'>, ref: string): readonly OfferedLetter[] {
  const ruleBook = foundedRuleBook(readModel);
  const now = instantOf(clock.now());
  const own = readModel.grantsOf(ref).filter((grant) => isWritten(grant) && now < grant.until);
  return predecessorsOf(readModel, ref)
    .flatMap((former) => readModel.grantsOf(former))
    .filter((grant) => isWritten(grant) && now < grant.until && isReachable(readModel, grant) && !own.some((given) => isAlike(given, grant)))
    .flatMap((grant) => offerOf(ruleBook, grant));
}

function predecessorsOf(readModel: Pick<ReadModel, 'record'>, ref: string): readonly string[] {
  const line: string[] = [];
  for (let heir = ref; line.length < LONGEST_LINE; ) {
    const former = readModel.record('enterprise', heir)?.record.predecessor;
    // Any platform can name a predecessor; only the node's link makes one (and its grants inapplicable).
    if (former === undefined || readModel.record('enterprise', former)?.record.successor !== heir) break;
    line.push(former);
    heir = former;
  }
  return line;
}

function isWritten({ state }: Grant): boolean {
  return state === 'ACTIVE' || state === 'SUSPENDED';
}

/** True while nobody whom the letter names has left. */
function isReachable(readModel: Pick<ReadModel, 'record'>, { platform, recipient }: Grant): boolean {
  return [platform, recipient].every((id) => readModel.record('participant', id)?.record.state !== 'EXITED');
}

function isAlike(given: Grant, former: Grant): boolean {
  return given.platform === former.platform && given.recipient === former.recipient && given.purpose === former.purpose;
}

function offerOf({ templates, items, purposes }: RuleBook, grant: Grant): OfferedLetter[] {
  const template = newestPublished(templates, grant.template);
  const offered = grant.items.filter(({ code }) => items[code] !== undefined && items[code].state !== 'WITHDRAWN');
  if (template === undefined || offered.length === 0) return [];
  const ticked = offered.some(({ code, granularity }) => items[code] !== undefined && needsSeparateConsent(items[code], granularity));
  const needs = [...(purposes[grant.purpose].needsLoan ? (['loanRef'] as const) : []), ...(ticked ? (['separateConsent'] as const) : [])];
  const { platform, recipient, purpose, oneTime, frequency, range, retentionDays, until } = grant;
  const letter: WantedLetter = {
    template: { id: template.id, version: template.version },
    platform,
    recipient,
    items: offered.map(({ code, granularity }) => ({ code, granularity, separateConsent: false })),
    purpose,
    oneTime,
    ...(frequency === undefined ? {} : { frequency }),
    ...(range === undefined ? {} : { range }),
    retentionDays,
    until,
  };
  return [{ formerGrant: grant.id, letter, needs }];
}

function newestPublished(templates: RuleBook['templates'], former: string): TemplateRule | undefined {
  const id = templates[former]?.id;
  const published = Object.values(templates).filter((template) => template.id === id && template.state === 'PUBLISHED');
  return published.reduce<TemplateRule | undefined>((newest, one) => (newest === undefined || one.version > newest.version ? one : newest), undefined);
}
