import { itemVersionIsCovered, type Granularity, type ItemRule } from './catalogue-item';
import { DENY_REASONS, type DenyReason } from './deny-reasons';
import { stateAllowsRelease, type Enterprise } from './enterprise';
import type { Grant } from './grant';
import type { Instant } from './instant';
import { loanCarriesPurpose, type Loan } from './loan';
import { assessmentsHold, type Participant } from './participant';
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
  return firstBreach(facts, DENY_REASONS) ?? PERMIT;
}

/** The denial by the first of these reasons that applies; undefined when none does. */
export function firstBreach(facts: DecisionFacts, reasons: readonly DenyReason[]): Decision | undefined {
  const basis = basisOf(facts.request);
  for (const reason of reasons) {
    const rule = RULES[reason];
    if (!rule.bases.includes(basis)) continue;
    const breach = rule.breach(facts);
    if (breach === undefined) continue;
    return breach === 'REQUEST' ? { decision: 'DENY', reason } : { decision: 'DENY', reason, item: breach.item };
  }
  return undefined;
}

/** The basis of a request: GRANT unless it says otherwise. */
export function basisOf(request: ReleaseRequest): ReleaseBasis {
  return request.basis ?? 'GRANT';
}

/** The participants whose records a decision about the request reads, each once. */
export function participantsConcerned(facts: Pick<DecisionFacts, 'request' | 'requester' | 'sender' | 'grant' | 'ruleBook'>): string[] {
  const { request, requester, sender, grant, ruleBook } = facts;
  const ids = new Set([sender, ...(request.basis === 'SELF' ? [] : [requester, request.recipient])]);
  if (grant !== undefined) {
    ids.add(grant.platform);
    if (grant.conduit !== undefined) ids.add(grant.conduit);
  }
  for (const { code } of request.items) {
    const item = ruleBook.items[code];
    if (item !== undefined && item.class !== 'PUBLIC') ids.add(item.provider);
  }
  return [...ids];
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

function isFor(facts: DecisionFacts): Grant | undefined {
  return facts.grant?.enterprise === facts.request.enterprise ? facts.grant : undefined;
}

function recipientIsCovered(facts: DecisionFacts): boolean {
  const { grant, request, requester, participants } = facts;
  if (grant === undefined) return false;
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

/** Gate C and the classes: who may get raw records at all. */
function rawIsForbidden(facts: DecisionFacts, code: string, rule: ItemRule | undefined): boolean {
  const { grant, request, ruleBook } = facts;
  if (grant === undefined || rule?.class === 'AUTHORIZED_NO_RAW') return true;
  if (lettered(grant, code, 'RAW')?.separateConsent !== true) return true;
  if (request.recipient === grant.platform) return false;
  const approved = ruleBook.templates[grant.template]?.rawApproved.includes(code) === true;
  return !approved || !ruleBook.policy.rawOpenItems.includes(code);
}

function loanIsOfTheRequest({ request, grant, loan }: DecisionFacts): boolean {
  return request.loanRef !== undefined && request.loanRef === grant?.loanRef && loan?.enterprise === request.enterprise && loan.ref === request.loanRef;
}

function rangeIsCovered({ request, grant, ruleBook }: DecisionFacts): boolean {
  const { range } = request;
  if (grant?.range === undefined || range === undefined) return true;
  return grant.range.from <= range.from && range.to <= grant.range.to && ruleBook.purposes[request.purpose] !== undefined;
}

function frequencyIsExceeded({ grant, counter, at }: DecisionFacts): boolean {
  return grant?.frequency !== undefined && usesInPeriod(grant, counter ?? UNUSED, at) >= grant.frequency.times;
}

/**
 * The two-tier route: a platform sends only what it holds or what continues a release to it; a platform connected through
 * 秦信融 receives only what continues a 秦信融 release.
 */
function routeIsAllowed(facts: DecisionFacts): boolean {
  const { request, sender, ruleBook, participants, basisRelease, grant } = facts;
  if (request.basisReleaseId !== undefined && !continues(facts, basisRelease)) return false;
  const platform = participants.get(grant?.platform ?? '');
  const through = ruleBook.policy.qinxinrong;
  if (platform?.connectVia === 'QINXINRONG' && !continuesThrough(through, basisRelease)) return false;
  return sender === ruleBook.node || sender === platform?.id || sender === through;
}

function continuesThrough(through: string | undefined, earlier: Release | undefined): boolean {
  return through !== undefined && (earlier?.platform === through || earlier?.conduit === through);
}

function continues({ request, ruleBook }: DecisionFacts, earlier: Release | undefined): boolean {
  if (earlier?.decision !== 'PERMIT' || earlier.enterprise !== request.enterprise) return false;
  return request.items.every(({ code }) => ruleBook.items[code]?.class === 'PUBLIC' || earlier.items.some((item) => item.code === code));
}

const AUTHORITY_ROLES: readonly Participant['role'][] = ['regulator', 'court', 'arbitrator', 'notary'];

function basisIsAllowed(facts: DecisionFacts): Breach {
  const { request, requester, participants } = facts;
  if (request.basis === 'PUBLIC') return firstItem(facts, (_code, _granularity, rule) => rule !== undefined && rule.class !== 'PUBLIC');
  if (request.basis === 'SELF') return holdsUnless(request.recipient !== request.enterprise || requester !== request.enterprise);
  if (request.basis !== 'STATUTORY') return holdsUnless(request.statutory !== undefined);
  const authority = participants.get(request.recipient);
  const allowed = request.statutory?.authority === request.recipient && requester === request.recipient && authority !== undefined && AUTHORITY_ROLES.includes(authority.role);
  return holdsUnless(!allowed);
}

function everyoneIsAdmitted(facts: DecisionFacts): boolean {
  const { ruleBook, participants } = facts;
  return participantsConcerned(facts).every((id) => ruleBook.participants[id] !== undefined && participants.get(id)?.state === 'ADMITTED');
}

function assessmentIsExpired({ participants, grant, at }: DecisionFacts): boolean {
  const ids = grant === undefined ? [] : [grant.platform, ...(grant.conduit === undefined ? [] : [grant.conduit])];
  return ids.some((id) => {
    const participant = participants.get(id);
    return participant !== undefined && !assessmentsHold(participant, at);
  });
}

/** Asked live or collected, every non-public datum points to a source; what was not asked yet is not judged. */
function sourceIsMissing(facts: DecisionFacts): Breach {
  const { sources, request } = facts;
  if (sources === undefined) return undefined;
  return firstNonPublicItem(facts, (code) => sources.get(code) !== 'ACCEPTED' && !(request.basisReleaseId !== undefined && facts.basisRelease?.items.some((item) => item.code === code) === true));
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
  'personal-consent-missing': {
    bases: GRANT_ONLY,
    breach: (facts) =>
      firstNonPublicItem(
        facts,
        (code, granularity, rule) => rule?.subject === 'PERSON' && !(facts.grant?.personSigned === true && lettered(facts.grant, code, granularity)?.separateConsent !== false),
      ),
  },
  'item-not-covered': {
    bases: GRANT_ONLY,
    breach: (facts) =>
      firstNonPublicItem(facts, (code, _granularity, rule) => rule !== undefined && !facts.grant?.items.some((item) => item.code === code && itemVersionIsCovered(rule, item.version))),
  },
  'granularity-not-covered': { bases: GRANT_ONLY, breach: (facts) => firstNonPublicItem(facts, (code, granularity, rule) => rule !== undefined && lettered(facts.grant, code, granularity) === undefined) },
  'raw-forbidden': { bases: GRANT_ONLY, breach: (facts) => firstNonPublicItem(facts, (code, granularity, rule) => granularity === 'RAW' && rawIsForbidden(facts, code, rule)) },
  'purpose-not-covered': { bases: GRANT_ONLY, breach: ({ grant, request }) => holdsUnless(grant?.purpose !== request.purpose) },
  'loan-reference-missing': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(facts.ruleBook.purposes[facts.request.purpose].needsLoan && !loanIsOfTheRequest(facts)) },
  'loan-closed': {
    bases: GRANT_ONLY,
    breach: ({ loan, request, ruleBook }) => holdsUnless(ruleBook.purposes[request.purpose].needsLoan && (loan === undefined || !loanCarriesPurpose(loan, request.purpose))),
  },
  'range-not-covered': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(!rangeIsCovered(facts)) },
  'frequency-exceeded': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(frequencyIsExceeded(facts)) },
  'already-used': { bases: GRANT_ONLY, breach: ({ grant, counter }) => holdsUnless(grant?.oneTime === true && counter?.usedBy !== undefined) },
  'route-not-allowed': { bases: EVERY_BASIS, breach: (facts) => holdsUnless(!routeIsAllowed(facts)) },
  'basis-not-allowed': { bases: EVERY_BASIS, breach: basisIsAllowed },
  'participant-not-admitted': { bases: EVERY_BASIS, breach: (facts) => holdsUnless(!everyoneIsAdmitted(facts)) },
  'assessment-expired': { bases: GRANT_ONLY, breach: (facts) => holdsUnless(assessmentIsExpired(facts)) },
  'item-withdrawn': { bases: EVERY_BASIS, breach: (facts) => firstItem(facts, (_code, _granularity, rule) => rule === undefined || rule.state === 'WITHDRAWN') },
  'template-withdrawn': { bases: GRANT_ONLY, breach: ({ grant, ruleBook }) => holdsUnless(grant === undefined || ruleBook.templates[grant.template]?.withdrawnForExisting !== false) },
  'source-not-accepted': { bases: EVERY_BASIS, breach: sourceIsMissing },
};

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

