import {
  ANY_RECIPIENT, assertLetterIsLawful, countUse, DAY_MILLIS, decide, grantFrom, isPassedOn, grantStatusAt, initialPolicy, initialPurposes, instantAfter, MINUTE_MILLIS, moveEnterprise, moveLoan, personHasSigned, supersedeGrant, transitGrant, UNUSED,
  type DecisionFacts, type Enterprise, type Grant, type Instant, type Letter, type Loan, type Mandate, type Participant, type Release, type RuleBook, type SigningKey, type UseCounter,
} from '@kesu/chaincode/domain';
import { CATALOGUE } from './catalogue';
import { LANCHUAN_ASSESSMENT_ENDS_DAY } from './denials';
import { makeEnterprises, type DemonstrationEnterprise } from './enterprises';
import { ORGANISATIONS } from './organisations';
import { makeScenario } from './scenario';
import type { LetterPlan, MonthsBack, ReleaseAsk, Step } from './step';
import { RAW_APPROVED_ITEMS, RAW_OPEN_ITEMS, TEMPLATES } from './templates';

const START = '2026-08-25T00:00:00.000Z';
const FAR = '2036-01-01T00:00:00.000Z';
const DIGEST = 'a'.repeat(64);

const timeOf = (day: number, minute = 0): Instant => instantAfter(START, day * DAY_MILLIS + minute * MINUTE_MILLIS);

function monthsBack({ from, to }: MonthsBack): { from: string; to: string } {
  const month = (back: number): string => {
    const months = 2026 * 12 + 7 - back;
    return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`;
  };
  return { from: month(from), to: month(to) };
}

/** Plays the scenario through the law's own pure functions. */
class Play {
  readonly grants = new Map<string, Grant>();
  readonly counters = new Map<string, UseCounter>();
  readonly loans = new Map<string, Loan>();
  readonly releases = new Map<string, Release>();
  readonly enterprises = new Map<string, Enterprise>();
  readonly mandates = new Map<string, Mandate[]>();
  readonly participants = new Map<string, Participant>();
  readonly withdrawnBatches = new Set<string>();
  readonly ruleBook: RuleBook;
  private readonly bySlug: ReadonlyMap<string, DemonstrationEnterprise>;

  constructor(enterprises: readonly DemonstrationEnterprise[]) {
    this.bySlug = new Map(enterprises.map((one) => [one.slug, one]));
    for (const one of ORGANISATIONS) {
      if (one.role === 'assessor') continue;
      const assessment = (assessor: string, until: Instant) => ({ assessor, documentDigest: DIGEST, at: START, until });
      const authorizedUntil = one.id === 'lanchuan-platform' ? timeOf(LANCHUAN_ASSESSMENT_ENDS_DAY) : FAR;
      const assessments = one.role === 'platform' ? { SECURITY: assessment('example-security-assessor', FAR), AUTHORIZATION: assessment('example-authorization-assessor', authorizedUntil) } : {};
      this.participants.set(one.id, {
        id: one.id, role: one.role, names: [...one.names], mspId: one.mspId, state: 'ADMITTED', regions: [...one.regions], platforms: [...one.memberOf], assessments, documentDigest: DIGEST, keys: [], version: 1,
        ...(one.connectVia === undefined ? {} : { connectVia: one.connectVia }),
      });
    }
    this.ruleBook = {
      network: '0'.repeat(32), node: 'provincial-node', nodeMspId: 'NodeMSP', organisations: ['NodeMSP', 'PlatformMSP', 'JudicialMSP'], version: 1,
      policy: { ...initialPolicy([]), rawOpenItems: [...RAW_OPEN_ITEMS], qinxinrong: 'qinxinrong' },
      purposes: initialPurposes(),
      items: Object.fromEntries(CATALOGUE.map((item) => [item.code, { version: 1, coveredSince: 1, class: item.class, subject: item.subject, mode: item.mode, provider: item.provider, state: 'CONNECTED' as const }])),
      templates: Object.fromEntries(
        TEMPLATES.map(({ id, purposes, items, longestPeriodDays, longestRetentionDays, highestFrequency, authority, means }) => [
          `${id}@1`,
          { id, version: 1, digest: DIGEST, state: 'PUBLISHED' as const, rawApproved: [...RAW_APPROVED_ITEMS], withdrawnForExisting: false, purposes, items, longestPeriodDays, longestRetentionDays, highestFrequency, authority, means },
        ]),
      ),
      participants: Object.fromEntries([...this.participants.values()].map(({ id, role, mspId }) => [id, { role, mspId }])),
    };
  }

  private planned(slug: string): DemonstrationEnterprise {
    const found = this.bySlug.get(slug);
    if (found === undefined) throw new Error(`unknown ${slug}`);
    return found;
  }

  private enterprise(slug: string): Enterprise {
    const found = this.enterprises.get(slug);
    if (found === undefined) throw new Error(`${slug} is not registered`);
    return found;
  }

  private grant(name: string): Grant {
    const found = this.grants.get(name);
    if (found === undefined) throw new Error(`no grant ${name}`);
    return found;
  }

  /** The best key of each capacity that signs. */
  private keys(slug: string, capacities: readonly string[]): SigningKey[] {
    const enterprise = this.enterprise(slug);
    const changed = enterprise.representative !== 'representative';
    return this.planned(slug)
      .keyPlan.filter((key) => capacities.includes(key.capacity) && (key.holder === 'SUCCESSOR' ? changed : key.holder !== 'REPRESENTATIVE' || !changed))
      .sort((a, b) => Number(b.means === 'CERTIFICATE' || b.means === 'DEVICE_PASSKEY') - Number(a.means === 'CERTIFICATE' || a.means === 'DEVICE_PASSKEY'))
      .filter((key, index, all) => all.findIndex((other) => other.capacity === key.capacity) === index)
      .map((key) => ({ keyId: key.slot, holder: key.holder === 'REPRESENTATIVE' || key.holder === 'SUCCESSOR' ? enterprise.representative : key.holder, capacity: key.capacity, algorithm: key.algorithm, means: key.means, publicKey: '', binding: key.binding, evidenceDigest: DIGEST, registeredBy: 'qinxinrong', state: 'CONFIRMED', from: START, until: FAR }));
  }

  private letter(plan: LetterPlan, at: Instant): Letter {
    const { enterprise, platform, conduit, purpose, oneTime, frequency, rangeMonthsBack, retentionDays, supersedes, loan } = plan;
    return {
      kind: 'LETTER', template: { id: plan.template, version: 1, digest: DIGEST }, enterprise: this.planned(enterprise).subjectRef, platform, recipient: plan.recipient === 'ANY' ? ANY_RECIPIENT : plan.recipient,
      items: plan.items.map(({ code, granularity, separateConsent }) => ({ code, granularity, version: 1, separateConsent: separateConsent === true })),
      purpose, oneTime, retentionDays, from: plan.fromDay === undefined ? at : timeOf(plan.fromDay), until: timeOf(plan.untilDay), identityDigest: DIGEST, salt: plan.grant,
      ...(conduit === undefined ? {} : { conduit }), ...(loan === undefined ? {} : { loanRef: loan }), ...(frequency === undefined ? {} : { frequency }),
      ...(rangeMonthsBack === undefined ? {} : { range: monthsBack(rangeMonthsBack) }),
      ...(supersedes === undefined ? {} : { supersedes: { grantId: this.grant(supersedes).id, version: this.grant(supersedes).version } }),
    };
  }

  private give(plan: LetterPlan, capacities: readonly string[], at: Instant): void {
    const keys = this.keys(plan.enterprise, capacities);
    const letter = this.letter(plan, at);
    const signatories = { ref: letter.enterprise, keys, mandates: this.mandates.get(plan.enterprise) ?? [], version: 1 };
    assertLetterIsLawful(letter, { at, ruleBook: this.ruleBook, enterprise: this.enterprise(plan.enterprise), signatories, keys, loan: plan.loan === undefined ? undefined : this.loans.get(plan.loan), participants: this.participants });
    const grant = grantFrom(letter, personHasSigned(this.enterprise(plan.enterprise), keys), at);
    this.grants.set(plan.grant, grant);
    if (plan.supersedes !== undefined) this.grants.set(plan.supersedes, supersedeGrant(this.grant(plan.supersedes), this.grant(plan.supersedes).version, grant.id, at));
  }

  facts(ask: ReleaseAsk, at: Instant): DecisionFacts {
    const self = ask.basis === 'SELF';
    const ref = this.planned(ask.enterprise).subjectRef;
    const continued = ask.continues === undefined ? undefined : this.releases.get(ask.continues);
    return {
      at, ruleBook: this.ruleBook, requester: self ? ref : ask.requester, sender: ask.sender ?? 'provincial-node', enterprise: this.enterprise(ask.enterprise), participants: this.participants, basisRelease: continued,
      grant: ask.grant === undefined ? undefined : this.grant(ask.grant), counter: ask.grant === undefined ? undefined : this.counters.get(ask.grant), loan: ask.loan === undefined ? undefined : this.loans.get(ask.loan),
      sources: new Map(ask.items.map(({ code }) => [code, this.withdrawnBatches.has(code) ? ('NOT_ACCEPTED' as const) : ('ACCEPTED' as const)])),
      request: {
        enterprise: ref, recipient: self ? ref : ask.recipient, items: ask.items.map(({ code, granularity }) => ({ code, granularity })), purpose: ask.purpose, basis: ask.basis,
        ...(ask.loan === undefined ? {} : { loanRef: ask.loan }), ...(ask.rangeMonthsBack === undefined ? {} : { range: monthsBack(ask.rangeMonthsBack) }),
        ...(ask.continues === undefined ? {} : { basisReleaseId: ask.continues }),
        ...(ask.basis === 'STATUTORY' ? { statutory: { authority: ask.recipient, documentDigest: DIGEST, officers: ['a', 'b'] } } : {}),
      },
    };
  }

  /** What the law answers to a request; a PERMIT is counted and kept. */
  decided(ask: ReleaseAsk, at: Instant, release?: string): string {
    const facts = this.facts(ask, at);
    const decision = decide(facts);
    if (decision.decision === 'DENY') return decision.reason;
    if (release !== undefined && facts.grant !== undefined && ask.grant !== undefined) {
      if (!isPassedOn(facts)) this.counters.set(ask.grant, countUse(facts.grant, facts.counter ?? UNUSED, release, at));
      this.releases.set(release, { decision: 'PERMIT', enterprise: facts.request.enterprise, grantId: facts.grant.id, platform: facts.grant.platform, conduit: facts.grant.conduit, recipient: facts.request.recipient, purpose: facts.request.purpose, items: facts.request.items } as unknown as Release);
    }
    return 'PERMIT';
  }

  carryOut(step: Step): void {
    const at = timeOf(step.day, step.minute);
    switch (step.verb) {
      case 'REGISTER': {
        const { subjectRef: ref, profile, platforms } = this.planned(step.enterprise);
        this.enterprises.set(step.enterprise, { ref, kind: profile.kind, region: profile.regionCode, industry: profile.industry, size: profile.size, state: 'OPERATING', representative: 'representative', representativeSince: START, platforms: [...platforms], marks: [], version: 1 });
        return;
      }
      case 'GRANT':
        for (const plan of step.letters) this.give(plan, step.signedBy, at);
        return;
      case 'REVOKE':
      case 'SUSPEND':
      case 'RESUME':
        expect(this.keys(step.enterprise, step.signedBy)).not.toEqual([]);
        this.grants.set(step.grant, transitGrant(this.grant(step.grant), step.verb, this.grant(step.grant).version, step.reason, at));
        return;
      case 'CHECK':
        expect(this.decided(step.ask, at)).toBe(step.expect);
        return;
      case 'RELEASE':
        expect([step.release, this.decided(step.ask, at, step.release)]).toEqual([step.release, 'PERMIT']);
        return;
      case 'DENY':
        expect([step.ask, this.decided(step.ask, at)]).toEqual([step.ask, step.reason]);
        return;
      case 'LOAN': {
        const known = this.loans.get(step.loan);
        const fresh: Loan = { ref: step.loan, enterprise: this.planned(step.enterprise).subjectRef, recipient: step.recipient, platform: step.platform, product: step.product, state: 'APPLIED', changedAt: at, version: 1 };
        if (known === undefined) expect(step.to).toBe('APPLIED');
        this.loans.set(step.loan, known === undefined ? fresh : moveLoan(known, step.to, { amountFen: step.amountFen, repaidFen: step.repaidFen, at }));
        return;
      }
      case 'BATCH':
      case 'CHANGE_REPRESENTATIVE':
      case 'DECLINE':
      case 'DISPUTE':
      case 'ENTERPRISE_STATE':
      case 'CASE':
      case 'MANDATE':
      case 'PARTICIPANT':
      case 'REQUEST':
      case 'SUCCEED':
      case 'WITHDRAW_ITEM':
      case 'WITHDRAW_TEMPLATE':
        this.carryOutRest(step, at);
    }
  }

  private carryOutRest(step: Step, at: Instant): void {
    if (step.verb === 'ENTERPRISE_STATE') this.enterprises.set(step.enterprise, moveEnterprise(this.enterprise(step.enterprise), step.to));
    if (step.verb === 'SUCCEED') this.enterprises.set(step.enterprise, { ...this.enterprise(step.enterprise), successor: this.planned(step.successor).subjectRef });
    if (step.verb === 'CHANGE_REPRESENTATIVE') this.enterprises.set(step.enterprise, { ...this.enterprise(step.enterprise), representative: 'successor' });
    if (step.verb === 'BATCH' && step.to === 'WITHDRAWN') this.withdrawnBatches.add(step.item);
    if (step.verb === 'PARTICIPANT') {
      const participant = this.participants.get(step.participant);
      if (participant !== undefined) this.participants.set(step.participant, { ...participant, state: step.to });
    }
    const item = step.verb === 'WITHDRAW_ITEM' ? this.ruleBook.items[step.item] : undefined;
    if (item !== undefined) item.state = 'WITHDRAWN';
    const template = step.verb === 'WITHDRAW_TEMPLATE' ? this.ruleBook.templates[`${step.template}@1`] : undefined;
    if (template !== undefined) Object.assign(template, { state: 'WITHDRAWN', withdrawnForExisting: true });
    if (step.verb === 'MANDATE' && step.act === 'GIVE') {
      this.mandates.set(step.enterprise, [{ id: step.mandate, holder: 'HANDLER', templates: [...step.templates], longestPeriodDays: step.longestPeriodDays, from: at, until: timeOf(step.untilDay) }]);
    }
  }
}

describe('the scenario before the law', () => {
  test.each([1, 2, 3])('with seed %i: each letter is lawful, each release permitted, each denial denied for its reason, each grant ends as planned', (seed) => {
    const enterprises = makeEnterprises(seed);
    const scenario = makeScenario(seed, START, enterprises);
    const play = new Play(enterprises);
    for (const step of scenario.steps) play.carryOut(step);
    const at = timeOf(90);
    const wrong = Object.entries(scenario.fates).flatMap(([name, fate]) => {
      const grant = play.grants.get(name);
      if (grant === undefined) return [`${name} was never given`];
      const enterprise = play.enterprises.get(name.replace(/-grant$/, ''));
      const loan = grant.loanRef === undefined ? undefined : play.loans.get(grant.loanRef);
      const shown = grantStatusAt({ at, ruleBook: play.ruleBook, enterprise, counter: play.counters.get(name), loan, participants: play.participants, grant }).state;
      return shown === fate ? [] : [`${name}: ${shown}, planned ${fate}`];
    });
    expect(wrong).toEqual([]);
    for (const { slug, profile } of enterprises) expect([slug, play.enterprises.get(slug)?.state]).toEqual([slug, profile.state]);
  });
});
