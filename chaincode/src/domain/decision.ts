import { itemVersionIsCovered, type Granularity, type ItemRule } from './catalogue-item';
import { DENY_REASONS, type DenyReason } from './deny-reasons';
import { stateAllowsRelease, type Enterprise } from './enterprise';
import type { Grant } from './grant';
import type { Instant } from './instant';
import { loanCarriesPurpose, type Loan } from './loan';
import { assessmentsHold, type Participant } from './participant';
import { monthsIn } from './purpose';
import type { Release, ReleaseBasis, ReleaseRequest } from './release';
import type { RuleBook } from './rule-book';
import { ANY_RECIPIENT, type LetterItem } from './statement';
import { usesInPeriod, UNUSED, type UseCounter } from './use-counter';

/** What was found out about an item's source. */
export type SourceFinding = 'ACCEPTED' | 'NOT_ACCEPTED';

/** Everything a decision reads. Absent records are undefined; nothing is looked up while deciding. */
export interface DecisionFacts {
  /** The claimed time of the transaction, or the clock of a check. */
  readonly at: Instant;
  readonly request: ReleaseRequest;
  /** Who asked: a participant, or (SELF) the enterprise's ref. */
  readonly requester: string;
  /** Who would send the bytes: the node, or a platform for data that it holds. */
  readonly sender: string;
  readonly ruleBook: RuleBook;
  readonly enterprise: Enterprise | undefined;
  readonly grant: Grant | undefined;
  readonly counter: UseCounter | undefined;
  readonly loan: Loan | undefined;
  readonly participants: ReadonlyMap<string, Participant>;
  /** The recorded release that this one continues. */
  readonly basisRelease: Release | undefined;
  /**
   * True when the release to a conduit that this one passes on is spent: passed on already, or never sent. Only the contract looks; advice
   * leaves it out.
   */
  readonly basisIsSpent?: boolean | undefined;
  /** By item code; undefined when the sources weren't asked yet (a check, a dry run, a refusal before fetching). */
  readonly sources: ReadonlyMap<string, SourceFinding> | undefined;
}

/** PERMIT, or DENY with the first reason of the closed list and the item that failed, where one did. */
export type Decision = { readonly decision: 'PERMIT' } | { readonly decision: 'DENY'; readonly reason: DenyReason; readonly item?: string };

/** What breaks a rule: nothing (undefined), the request as a whole, or its first item that does. */
type Breach = undefined | 'REQUEST' | { readonly item: string };

interface Rule {
  readonly bases: readonly ReleaseBasis[];
  readonly breach: (facts: DecisionFacts) => Breach;
}

const PERMIT: Decision = { decision: 'PERMIT' };
const GRANT_ONLY: readonly ReleaseBasis[] = ['GRANT'];
const EVERY_BASIS: readonly ReleaseBasis[] = ['GRANT', 'PUBLIC', 'SELF', 'STATUTORY'];

/**
 * The one decision of Kesu: may these data go to this recipient for this purpose now? Pure; the contract (authority), the
 * check (advice), the dry run, the verifier and the tests all call it.
 *
 * All or nothing: one item that fails denies the request. The rules are tried in the order of {@link DENY_REASONS}.
 */
export function decide(facts: DecisionFacts): Decision {
  for (const { reason, breach } of RULES_BY_BASIS[basisOf(facts.request)]) {
    const broken = breach(facts);
    if (broken !== undefined) return denial(reason, broken);
  }
  return PERMIT;
}

/** The denial by the first of these reasons that applies; undefined when none does. */
export function firstBreach(facts: DecisionFacts, reasons: readonly DenyReason[]): Decision | undefined {
  const basis = basisOf(facts.request);
  for (const reason of reasons) {
    const rule = RULES[reason];
    if (!rule.bases.includes(basis)) continue;
    const broken = rule.breach(facts);
    if (broken !== undefined) return denial(reason, broken);
  }
  return undefined;
}

function denial(reason: DenyReason, broken: NonNullable<Breach>): Decision {
  return broken === 'REQUEST' ? { decision: 'DENY', reason } : { decision: 'DENY', reason, item: broken.item };
}

/** The basis of a request: GRANT unless it says otherwise. */
export function basisOf(request: ReleaseRequest): ReleaseBasis {
  return request.basis ?? 'GRANT';
}

/** What says who takes part in a request. */
type Parties = Pick<DecisionFacts, 'request' | 'requester' | 'sender' | 'grant' | 'ruleBook'>;

/** The participants whose records a decision about the request reads, each once. */
export function participantsConcerned(parties: Parties): string[] {
  const ids = new Set<string>();
  everyParty(parties, (id) => ids.add(id) !== undefined);
  return [...ids];
}

/** True when `holds` is true for sender, requester, recipient, platform, conduit and the providers of items that aren't public. */
function everyParty({ request, requester, sender, grant, ruleBook }: Parties, holds: (id: string) => boolean): boolean {
  if (!holds(sender)) return false;
  if (request.basis !== 'SELF' && !(holds(requester) && holds(request.recipient))) return false;
  if (grant !== undefined && !(holds(grant.platform) && (grant.conduit === undefined || holds(grant.conduit)))) return false;
  return request.items.every(({ code }) => {
    const item = ruleBook.items[code];
    return item === undefined || item.class === 'PUBLIC' || holds(item.provider);
  });
}

function holdsUnless(broken: boolean): Breach {
  return broken ? 'REQUEST' : undefined;
}

function firstItem(facts: DecisionFacts, breaks: (code: string, granularity: Granularity, rule: ItemRule | undefined) => boolean): Breach {
  const { items } = facts.ruleBook;
  for (const { code, granularity } of facts.request.items) {
    if (breaks(code, granularity, items[code])) return { item: code };
  }
  return undefined;
}

/** Items that need a grant: all that the catalogue doesn't call PUBLIC. */
function firstNonPublicItem(facts: DecisionFacts, breaks: (code: string, granularity: Granularity, rule: ItemRule | undefined) => boolean): Breach {
  return firstItem(facts, (code, granularity, rule) => rule?.class !== 'PUBLIC' && breaks(code, granularity, rule));
}

function lettered(grant: Grant | undefined, code: string, granularity: Granularity): LetterItem | undefined {
  return grant?.items.find((item) => item.code === code && item.granularity === granularity);
}

/** The version named at that granularity is one that the present version is no wider than, and the purpose still has the granularity. */
function granularityIsCovered({ grant, request, ruleBook }: DecisionFacts, code: string, granularity: Granularity, rule: ItemRule | undefined): boolean {
  const item = lettered(grant, code, granularity);
  return item !== undefined && rule !== undefined && itemVersionIsCovered(rule, item.version) && ruleBook.purposes[request.purpose].granularities.includes(granularity);
}

function isFor(facts: DecisionFacts): Grant | undefined {
  return facts.grant?.enterprise === facts.request.enterprise ? facts.grant : undefined;
}

/**
 * True for the first half of a release through a conduit (经由): the data go to the conduit under the very grant that names it, to be passed
 * on and neither kept nor used.
 */
function goesToConduit({ grant, request }: Pick<DecisionFacts, 'grant' | 'request'>): boolean {
  return grant?.conduit !== undefined && request.recipient === grant.conduit;
}

/** True for a recorded release that only brought data to a conduit. */
function wentToConduit(release: Release | undefined): boolean {
  return release?.conduit !== undefined && release.recipient === release.conduit;
}

/** True for the second half: what went to the grant's conduit under this grant goes on to whom the grant names. */
export function isPassedOn({ grant, request, basisRelease }: Pick<DecisionFacts, 'grant' | 'request' | 'basisRelease'>): boolean {
  if (grant === undefined || request.basisReleaseId === undefined || basisRelease === undefined) return false;
  return wentToConduit(basisRelease) && basisRelease.grantId === grant.id && !goesToConduit({ grant, request });
}

function recipientIsCovered(facts: DecisionFacts): boolean {
  const { grant, request, requester, participants } = facts;
  if (grant === undefined) return false;
  // The data are answered to who asks: only the conduit itself asks for what goes to it.
  if (goesToConduit(facts)) return requester === grant.conduit;
  if (requester !== grant.platform && requester !== request.recipient) return false;
  if (grant.recipient !== ANY_RECIPIENT) return grant.recipient === request.recipient;
  const recipient = participants.get(request.recipient);
  return recipient?.role === 'recipient' && recipient.platforms.includes(grant.platform);
}

function recipientMustBeNamed(facts: DecisionFacts): Breach {
  const { grant, enterprise } = facts;
  if (grant?.recipient !== ANY_RECIPIENT) return undefined;
  if (enterprise?.kind === 'INDIVIDUAL_BUSINESS') return 'REQUEST';
  return firstNonPublicItem(facts, (_code, granularity, rule) => (granularity !== 'ANSWER' && granularity !== 'SCORE') || rule?.subject === 'PERSON');
}

/** An individual business is a person: everything of it needs the person's own signature, as personal items do (个人信息保护法 14, 23, 29). */
function personalConsentIsMissing(facts: DecisionFacts): Breach {
  const { grant, enterprise } = facts;
  if (enterprise?.kind === 'INDIVIDUAL_BUSINESS' && grant?.personSigned !== true) return firstNonPublicItem(facts, () => true);
  return firstNonPublicItem(facts, (code, granularity, rule) => rule?.subject === 'PERSON' && !(grant?.personSigned === true && lettered(grant, code, granularity)?.separateConsent !== false));
}

/** Gate C and the classes: who may get raw records at all. What goes to a conduit is meant for whom the grant names. */
function rawIsForbidden(facts: DecisionFacts, code: string, rule: ItemRule | undefined): boolean {
  const { grant, request, ruleBook } = facts;
  if (grant === undefined || rule?.class === 'AUTHORIZED_NO_RAW') return true;
  if (lettered(grant, code, 'RAW')?.separateConsent !== true) return true;
  if ((goesToConduit({ grant, request }) ? grant.recipient : request.recipient) === grant.platform) return false;
  const approved = ruleBook.templates[grant.template]?.rawApproved.includes(code) === true;
  return !approved || !ruleBook.policy.rawOpenItems.includes(code);
}

function loanIsOfTheRequest({ request, grant, loan }: DecisionFacts): boolean {
  return request.loanRef !== undefined && request.loanRef === grant?.loanRef && loan?.enterprise === request.enterprise && loan.ref === request.loanRef;
}

/** A request without a range asks for the grant's; either way it may not be longer than the purpose allows now (I3). */
function rangeIsCovered({ request, grant, ruleBook }: DecisionFacts): boolean {
  const range = request.range ?? grant?.range;
  if (range === undefined) return true;
  if (monthsIn(range) > ruleBook.purposes[request.purpose].longestRangeMonths) return false;
  return grant?.range === undefined || (grant.range.from <= range.from && range.to <= grant.range.to);
}

/** What is passed on was counted when it went to the conduit. */
function frequencyIsExceeded(facts: DecisionFacts): boolean {
  const { grant, counter, at } = facts;
  if (isPassedOn(facts)) return false;
  return grant?.frequency !== undefined && usesInPeriod(grant, counter ?? UNUSED, at) >= grant.frequency.times;
}

function isUsed(facts: DecisionFacts): boolean {
  if (isPassedOn(facts)) return facts.basisIsSpent === true;
  return facts.grant?.oneTime === true && facts.counter?.usedBy !== undefined;
}

/**
 * The two-tier route: a platform sends only what it holds or what continues a release to it; a platform connected through
 * 秦信融 receives only what continues a 秦信融 release; the enterprise's own queries and queries by law are the node's to answer.
 */
function routeIsAllowed(facts: DecisionFacts): boolean {
  const { request, ruleBook, participants, basisRelease } = facts;
  if (request.basisReleaseId !== undefined && !continues(facts, basisRelease)) return false;
  if (!senderIsOnRoute(facts)) return false;
  const through = ruleBook.policy.qinxinrong;
  if (goesToConduit(facts)) return facts.grant?.conduit === through && facts.sender === ruleBook.node && request.basisReleaseId === undefined;
  return receivingPlatforms(facts).every((id) => participants.get(id)?.connectVia !== 'QINXINRONG' || continuesThrough(through, basisRelease));
}

/** The platform of the grant; without a grant any platform that asks or receives. */
function receivingPlatforms({ grant, request, requester }: DecisionFacts): readonly string[] {
  return grant === undefined ? [requester, request.recipient] : [grant.platform];
}

function senderIsOnRoute({ request, sender, ruleBook, participants, grant }: DecisionFacts): boolean {
  if (sender === ruleBook.node) return true;
  if (basisOf(request) === 'PUBLIC') return participants.get(sender)?.role === 'platform';
  return basisOf(request) === 'GRANT' && (sender === grant?.platform || sender === ruleBook.policy.qinxinrong);
}

function continuesThrough(through: string | undefined, earlier: Release | undefined): boolean {
  return through !== undefined && (earlier?.platform === through || earlier?.conduit === through);
}

/** A sender other than the node passes on what was released to itself; raw records are made of nothing less than raw records. */
function continues(facts: DecisionFacts, earlier: Release | undefined): boolean {
  const { request, sender, ruleBook } = facts;
  if (earlier?.decision !== 'PERMIT' || earlier.enterprise !== request.enterprise) return false;
  if (wentToConduit(earlier)) return isPassedOn(facts) && sender === earlier.conduit && isTheSame(request, earlier);
  if (sender !== ruleBook.node && earlier.recipient !== sender) return false;
  return request.items.every(({ code, granularity }) => ruleBook.items[code]?.class === 'PUBLIC' || earlier.items.some((item) => item.code === code && (granularity !== 'RAW' || item.granularity === 'RAW')));
}

/** A conduit derives nothing: what goes on is item by item what came. */
function isTheSame({ items, range, purpose }: ReleaseRequest, earlier: Release): boolean {
  const named = ({ code, granularity }: { readonly code: string; readonly granularity: Granularity }): string => `${code} ${granularity}`;
  const came = new Set(earlier.items.map(named));
  return items.length === came.size && items.every((item) => came.has(named(item))) && purpose === earlier.purpose && range?.from === earlier.range?.from && range?.to === earlier.range?.to;
}

const AUTHORITY_ROLES: readonly Participant['role'][] = ['regulator', 'court', 'arbitrator', 'notary'];

/** A release has one basis: a query by law brings its document, a grant is named by nothing but a request under a grant. */
function basisIsAllowed(facts: DecisionFacts): Breach {
  const { request, requester } = facts;
  const basis = basisOf(request);
  if ((basis === 'STATUTORY') !== (request.statutory !== undefined) || (basis !== 'GRANT' && request.grantId !== undefined)) return 'REQUEST';
  if (basis === 'PUBLIC') return firstItem(facts, (_code, _granularity, rule) => rule !== undefined && rule.class !== 'PUBLIC');
  if (basis === 'SELF') return holdsUnless(request.recipient !== request.enterprise || requester !== request.enterprise);
  return holdsUnless(basis === 'STATUTORY' && !isAuthorityAsking(facts));
}

function isAuthorityAsking({ request, requester, participants }: DecisionFacts): boolean {
  const authority = participants.get(request.recipient);
  return request.statutory?.authority === request.recipient && requester === request.recipient && authority !== undefined && AUTHORITY_ROLES.includes(authority.role);
}

function everyoneIsAdmitted(facts: DecisionFacts): boolean {
  const { ruleBook, participants } = facts;
  return everyParty(facts, (id) => ruleBook.participants[id] !== undefined && participants.get(id)?.state === 'ADMITTED');
}

/** Every platform that takes part, whichever the basis. */
function assessmentIsExpired(facts: DecisionFacts): boolean {
  return !everyParty(facts, (id) => {
    const participant = facts.participants.get(id);
    return participant === undefined || assessmentsHold(participant, facts.at);
  });
}

/** Asked live or collected, every non-public datum points to a source; what was not asked yet is not judged, but an item never connected has none. */
function sourceIsMissing(facts: DecisionFacts): Breach {
  const { sources } = facts;
  return firstNonPublicItem(facts, (code, _granularity, rule) => rule?.state === 'PLANNED' || (sources !== undefined && sources.get(code) !== 'ACCEPTED' && !isContinued(facts, code)));
}

function isContinued({ request, basisRelease }: DecisionFacts, code: string): boolean {
  return request.basisReleaseId !== undefined && basisRelease?.items.some((item) => item.code === code) === true;
}

const RULES: Readonly<Record<DenyReason, Rule>> = {
  'no-grant': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(isFor(facts) === undefined) },
  'grant-revoked': { bases: GRANT_ONLY, breach: ({ grant }) => holdsUnless(grant?.state === 'REVOKED') },
  'grant-superseded': { bases: GRANT_ONLY, breach: ({ grant }) => holdsUnless(grant?.state === 'SUPERSEDED') },
  'grant-suspended': { bases: GRANT_ONLY, breach: ({ grant }) => holdsUnless(grant?.state === 'SUSPENDED') },
  'grant-not-yet-valid': { bases: GRANT_ONLY, breach: ({ grant, at }) => holdsUnless(grant === undefined || at < grant.from) },
  'grant-expired': { bases: GRANT_ONLY, breach: ({ grant, at }) => holdsUnless(grant === undefined || at >= grant.until) },
  'grant-inapplicable': { bases: GRANT_ONLY, breach: ({ enterprise }) => holdsUnless(enterprise?.successor !== undefined) },
  'enterprise-not-active': { bases: EVERY_BASIS, breach: enterpriseIsNotActive },
  'recipient-not-covered': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(!recipientIsCovered(facts)) },
  'recipient-must-be-named': { bases: GRANT_ONLY, breach: recipientMustBeNamed },
  'personal-consent-missing': { bases: GRANT_ONLY, breach: personalConsentIsMissing },
  'item-not-covered': {
    bases: GRANT_ONLY,
    breach: (facts) =>
      firstNonPublicItem(facts, (code, _granularity, rule) => !facts.grant?.items.some((item) => item.code === code && (rule === undefined || itemVersionIsCovered(rule, item.version)))),
  },
  'granularity-not-covered': { bases: GRANT_ONLY, breach: (facts) => firstNonPublicItem(facts, (code, granularity, rule) => rule !== undefined && !granularityIsCovered(facts, code, granularity, rule)) },
  'raw-forbidden': { bases: GRANT_ONLY, breach: (facts) => firstNonPublicItem(facts, (code, granularity, rule) => granularity === 'RAW' && rawIsForbidden(facts, code, rule)) },
  'purpose-not-covered': { bases: GRANT_ONLY, breach: ({ grant, request }) => holdsUnless(grant?.purpose !== request.purpose) },
  'loan-reference-missing': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(facts.ruleBook.purposes[facts.request.purpose].needsLoan && !loanIsOfTheRequest(facts)) },
  'loan-closed': {
    bases: GRANT_ONLY,
    breach: ({ loan, request, ruleBook }) => holdsUnless(ruleBook.purposes[request.purpose].needsLoan && (loan === undefined || !loanCarriesPurpose(loan, request.purpose))),
  },
  'range-not-covered': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(!rangeIsCovered(facts)) },
  'frequency-exceeded': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(frequencyIsExceeded(facts)) },
  'already-used': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(isUsed(facts)) },
  'route-not-allowed': { bases: EVERY_BASIS, breach: (facts) => holdsUnless(!routeIsAllowed(facts)) },
  'basis-not-allowed': { bases: EVERY_BASIS, breach: basisIsAllowed },
  'participant-not-admitted': { bases: EVERY_BASIS, breach: (facts) => holdsUnless(!everyoneIsAdmitted(facts)) },
  'assessment-expired': { bases: EVERY_BASIS, breach: (facts) => holdsUnless(assessmentIsExpired(facts)) },
  'item-withdrawn': { bases: EVERY_BASIS, breach: (facts) => firstItem(facts, (_code, _granularity, rule) => rule === undefined || rule.state === 'WITHDRAWN') },
  'template-withdrawn': { bases: GRANT_ONLY, breach: ({ grant, ruleBook }) => holdsUnless(grant === undefined || ruleBook.templates[grant.template]?.withdrawnForExisting !== false) },
  'source-not-accepted': { bases: EVERY_BASIS, breach: sourceIsMissing },
};

/** The rules that apply on each basis, in the order of {@link DENY_REASONS}: chosen once, not for every decision. */
const RULES_BY_BASIS: Readonly<Record<ReleaseBasis, readonly { readonly reason: DenyReason; readonly breach: Rule['breach'] }[]>> = {
  GRANT: rulesOn('GRANT'),
  PUBLIC: rulesOn('PUBLIC'),
  SELF: rulesOn('SELF'),
  STATUTORY: rulesOn('STATUTORY'),
};

function rulesOn(basis: ReleaseBasis): { reason: DenyReason; breach: Rule['breach'] }[] {
  return DENY_REASONS.filter((reason) => RULES[reason].bases.includes(basis)).map((reason) => ({ reason, breach: RULES[reason].breach }));
}

/** Public data and a firm's own stay open to it whatever its state; a query by law is not stopped by a state either. */
function enterpriseIsNotActive({ enterprise, request }: DecisionFacts): Breach {
  if (enterprise === undefined) return 'REQUEST';
  return holdsUnless(basisOf(request) === 'GRANT' && !stateAllowsRelease(enterprise.state, request.purpose));
}

/** Of several denials the one whose reason stands latest in the list: the nearest to a PERMIT. */
export function latestReason(decisions: readonly Decision[]): Decision | undefined {
  const rank = (decision: Decision) => (decision.decision === 'PERMIT' ? DENY_REASONS.length : DENY_REASONS.indexOf(decision.reason));
  return decisions.reduce<Decision | undefined>((best, decision) => (best === undefined || rank(decision) > rank(best) ? decision : best), undefined);
}

