import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { CommandOf } from '@kesu/chaincode';
import {
  canonicalJson,
  derive,
  instantAfter,
  signedRequest,
  toBase64url,
  utf8ToBytes,
  SECOND_MILLIS,
  type Instant,
  type ItemSource,
  type Outcome,
  type Release,
  type ReleaseRequest,
  type SignedSourceAnswer,
} from '@kesu/chaincode/domain';
import { answerDigestOf, type SourceRow } from '../data-source';
import type { DeliveredData } from '../use-cases/payload';
import { receiptOf } from './seed-receipts';
import { catalogueItemOf } from './catalogue';
import { signAnswer } from './provider-server';
import type { ConsentSeeding } from './seed-consent';
import { NODE, OFFICERS } from './seed-network';
import type { Seeding } from './seeding';
import type { ReleaseAsk, Step } from './step';

/** A step that asks for data. */
export type AskingStep = Step & { readonly verb: 'RELEASE' | 'DENY' | 'CHECK' };

type Requested = CommandOf<'releases:record'>['requests'][number];

interface Payload {
  readonly salt: Uint8Array;
  readonly digest: string;
  readonly byteCount: number;
  readonly sources: readonly ItemSource[];
}

interface Prepared {
  readonly step: AskingStep;
  readonly requested: Requested;
  readonly payload: Payload | undefined;
}

/** A permitted release with the step that asked for it. */
export interface Permitted {
  readonly step: AskingStep;
  readonly release: Release;
}

interface Acknowledged {
  readonly recipient: string;
  readonly releaseId: string;
  readonly payloadDigest: string;
}

/** How long after its record the outcome of a release is reported. */
const OUTCOME_AFTER_MILLIS = 4 * SECOND_MILLIS;

/** Of the population's releases every so many-th is delivered in part, fails, or has no outcome; and of the delivered ones some are never acknowledged. */
const EVERY = { PARTIAL: 29, FAILED: 37, WITHOUT_OUTCOME: 41, UNACKNOWLEDGED: 9 } as const;

/** Releases and denials: requested with signatures, answered by providers, derived, recorded, delivered, acknowledged. */
export class ReleaseSeeding {
  /** Releases by the names of steps. */
  readonly releases = new Map<string, Release>();
  /** Of these nothing left. */
  readonly failed = new Set<string>();
  /** Denials in the order of their records. */
  readonly denials: Release[] = [];
  private readonly ready = new Map<AskingStep, Payload>();
  private readonly byStep = new Map<string, string>();
  private waiting: Acknowledged[] = [];
  private drawn = 0;

  constructor(
    private readonly seeding: Seeding,
    private readonly consent: ConsentSeeding,
  ) {}

  /**
   * Records what waits at the same time in one transaction, as group commit does. Steps of CHECK record nothing.
   * @returns what was permitted, for {@link reportOutcomes}.
   */
  async record(steps: readonly AskingStep[], label: string): Promise<readonly Permitted[]> {
    const prepared: Prepared[] = [];
    for (const [index, step] of steps.entries()) prepared.push(await this.prepare(step, `${label} ${index}`));
    for (const check of prepared.filter(({ step }) => step.verb === 'CHECK')) await this.check(check);
    const recorded = prepared.filter(({ step }) => step.verb !== 'CHECK');
    const permitted: Permitted[] = [];
    for (const sender of new Set(recorded.map(({ step }) => senderOf(step)))) permitted.push(...(await this.recordAs(sender, recorded.filter(({ step }) => senderOf(step) === sender), label)));
    return permitted;
  }

  private async recordAs(sender: string, recorded: readonly Prepared[], label: string): Promise<readonly Permitted[]> {
    const done = await this.seeding.submit(sender, 'releases:record', { requests: recorded.map(({ requested }) => requested) }, label);
    const permitted: Permitted[] = [];
    for (const [index, one] of recorded.entries()) {
      const release = expected(one.step, done.result.releases[index]);
      this.byStep.set(nameOf(one.step), release.id);
      if (one.step.verb !== 'RELEASE') this.denials.push(release);
      else {
        this.releases.set(one.step.release, release);
        permitted.push({ step: one.step, release });
        if (one.payload !== undefined && sender === NODE) this.seeding.changes.push(await receiptOf(this.seeding, release, { position: done.position, head: done.head }, one.payload.salt, index));
      }
    }
    return permitted;
  }

  /** The id that a step's release or denial has on the ledger. */
  idOf(step: AskingStep): readonly string[] {
    const id = this.byStep.get(nameOf(step));
    return id === undefined ? [] : [id];
  }

  /** True when the ledger would permit a request now; nothing is recorded. */
  async wouldPermit(ask: ReleaseAsk): Promise<boolean> {
    const { ledger, identities } = this.seeding.options;
    const { requested } = await this.prepare({ verb: 'CHECK', ask, expect: 'PERMIT', day: 0, minute: 0 }, `trial ${String(ask.grant)}`);
    const { result } = await ledger.evaluate(identities.need(NODE), 'releases:record', { operation: this.seeding.cast.seeded.id(`trial ${String(ask.grant)}`), requests: [requested] });
    return result.releases[0]?.kind === 'WOULD_PERMIT';
  }

  /** Fetches and derives what a later wave will release, between the ledger's own turns: its time is the wave's, `at`. */
  async prepareAhead(steps: readonly AskingStep[], at: Instant): Promise<void> {
    for (const step of steps.filter((one) => needsPayload(one))) {
      await setImmediate();
      this.ready.set(step, this.payloadOf(step, at));
    }
  }

  /** Recipients acknowledge what was delivered since the last time: each for itself. */
  async acknowledge(): Promise<void> {
    const byRecipient = new Map<string, Acknowledged[]>();
    for (const delivered of this.waiting) byRecipient.set(delivered.recipient, [...(byRecipient.get(delivered.recipient) ?? []), delivered]);
    this.waiting = [];
    await Promise.all(
      [...byRecipient].map(([recipient, delivered]) =>
        this.seeding.submit(recipient, 'releases:acknowledge', { acknowledgements: delivered.map(({ releaseId, payloadDigest }) => ({ releaseId, payloadDigest })) }, delivered[0]?.releaseId),
      ),
    );
  }

  /** The sender reports, some seconds later, what became of permitted releases; of a few nothing is known. */
  async reportOutcomes(permitted: readonly Permitted[], label: string): Promise<void> {
    const sent = permitted.flatMap(({ step, release }) => {
      const outcome = this.drawOutcome(step);
      return outcome === undefined ? [] : [{ release, reported: { releaseId: release.id, outcome, bytesSent: bytesSentOf(outcome, release), ...(outcome === 'DELIVERED' ? {} : { reason: 'connection-lost' }) } }];
    });
    if (sent.length === 0) return;
    this.seeding.moveTo(instantAfter(this.seeding.at, OUTCOME_AFTER_MILLIS));
    for (const sender of new Set(sent.map(({ release }) => release.sender))) {
      const outcomes = sent.filter(({ release }) => release.sender === sender).map(({ reported }) => reported);
      await this.seeding.submit(sender, 'releases:record-outcomes', { outcomes }, label);
    }
    for (const { release, reported } of sent) this.takeNote(release, reported.outcome);
  }

  /** Of what failed nothing is asked back; most of what was delivered is acknowledged at the end of the day. */
  private takeNote({ id: releaseId, basis, recipient, payloadDigest = '' }: Release, outcome: Outcome): void {
    if (outcome === 'FAILED') this.failed.add(releaseId);
    if (outcome === 'DELIVERED' && basis !== 'SELF' && this.drawn % EVERY.UNACKNOWLEDGED !== 0) this.waiting.push({ recipient, releaseId, payloadDigest });
  }

  /** Stories and single-use letters are delivered: a failure before the first byte would give the use back. */
  private drawOutcome(step: AskingStep): Outcome | undefined {
    const isPopulation = step.verb === 'RELEASE' && /^enterprise-\d+-grant-release-1$/.test(step.release);
    if (!isPopulation || step.ask.grant === undefined || this.consent.grant(step.ask.grant).oneTime) return 'DELIVERED';
    this.drawn += 1;
    if (this.drawn % EVERY.PARTIAL === 0) return 'PARTIAL';
    if (this.drawn % EVERY.FAILED === 0) return 'FAILED';
    return this.drawn % EVERY.WITHOUT_OUTCOME === 0 ? undefined : 'DELIVERED';
  }

  private async check({ requested, step }: Prepared): Promise<void> {
    const { ledger, identities } = this.seeding.options;
    const operation = this.seeding.cast.seeded.id(`check ${this.seeding.at}`);
    const { result } = await ledger.evaluate(identities.need(NODE), 'releases:record', { operation, requests: [requested] });
    expected(step, result.releases[0]);
  }

  private async prepare(step: AskingStep, label: string): Promise<Prepared> {
    const { ask } = step;
    const request = this.requestOf(ask);
    const self = ask.basis === 'SELF';
    const idempotencyKey = this.seeding.cast.seeded.id(`request ${this.seeding.at} ${label}`);
    const payload = needsPayload(step) ? (this.ready.get(step) ?? this.payloadOf(step, this.seeding.at)) : undefined;
    this.ready.delete(step);
    const requested: Requested = {
      request,
      requester: self ? request.enterprise : ask.requester,
      idempotencyKey,
      ...(self ? {} : { requestSignature: await this.signRequest(ask.requester, request, idempotencyKey) }),
      sources: [...(payload?.sources ?? [])],
      ...(payload === undefined ? {} : { payload: this.sentPayload(ask, payload) }),
      selfReported: senderOf(step) !== NODE,
    };
    return { step, requested, payload };
  }

  /** A conduit passes on the very bytes that it received. */
  private sentPayload({ sender, continues }: ReleaseAsk, { digest, byteCount }: Payload): NonNullable<Requested['payload']> {
    const came = sender === undefined || continues === undefined ? undefined : this.releases.get(continues);
    return { digest: came?.payloadDigest ?? digest, byteCount: came?.byteCount ?? byteCount };
  }

  private requestOf(ask: ReleaseAsk): ReleaseRequest {
    const { basis, purpose, items, grant, loan, rangeMonthsBack, continues } = ask;
    const enterprise = this.seeding.enterprise(ask.enterprise).subjectRef;
    const { seeded } = this.seeding.cast;
    const basisRelease = continues === undefined ? undefined : this.releases.get(continues);
    return {
      enterprise,
      recipient: basis === 'SELF' ? enterprise : ask.recipient,
      items: items.map(({ code, granularity }) => ({ code, granularity })),
      purpose,
      ...(basis === 'GRANT' ? {} : { basis }),
      ...(grant === undefined ? {} : { grantId: this.consent.grant(grant).id }),
      ...(loan === undefined ? {} : { loanRef: this.consent.loanRef(loan) }),
      ...(rangeMonthsBack === undefined ? {} : { range: this.consent.monthsBack(rangeMonthsBack) }),
      ...(basis === 'SELF' ? {} : { operator: `OP-${seeded.id(`operator ${ask.requester}`).slice(0, 6)}` }),
      ...(basis === 'STATUTORY' ? { statutory: { authority: ask.recipient, documentDigest: seeded.documentDigest(`order about ${ask.enterprise}`), officers: [...OFFICERS] } } : {}),
      ...(basisRelease === undefined ? {} : { basisReleaseId: basisRelease.id }),
    };
  }

  private async signRequest(requester: string, request: ReleaseRequest, idempotencyKey: string): Promise<NonNullable<Requested['requestSignature']>> {
    const key = this.seeding.requestKeyOf(requester);
    const requestedAt = this.seeding.at;
    const bytes = utf8ToBytes(canonicalJson(signedRequest(this.seeding.options.network, request, idempotencyKey, requestedAt)));
    return { keyId: key.keyId, requestedAt, signature: toBase64url(await key.sign(bytes)) };
  }

  /** The provider's rows of each item, what the recipient may see of them, and the salted digest of that: as a release through the gateway makes them. */
  private payloadOf({ ask }: AskingStep, at: Instant): Payload {
    const enterprise = this.seeding.enterprise(ask.enterprise).subjectRef;
    const range = ask.rangeMonthsBack === undefined ? undefined : this.consent.monthsBack(ask.rangeMonthsBack);
    const sources: ItemSource[] = [];
    const items = ask.items.map(({ code, granularity }) => {
      const { rows, source } = this.answerOf(code, ask.enterprise, range, at);
      if (!sources.some((known) => known.code === code)) sources.push(source);
      const { data, ruleId } = derive(code, granularity, rows, { range, at });
      return { code, granularity, version: 1, rule: ruleId, data };
    });
    const data: DeliveredData = { enterprise, madeAt: at, ...(range === undefined ? {} : { range }), items };
    const text = utf8ToBytes(canonicalJson(data));
    const salt = this.seeding.cast.seeded.bytes(`payload ${at} ${ask.enterprise} ${ask.recipient}`, 32);
    return { salt, digest: createHash('sha256').update(salt).update(text).digest('hex'), byteCount: text.length, sources };
  }

  private answerOf(item: string, slug: string, range: ReleaseRequest['range'], time: Instant): { readonly rows: readonly SourceRow[]; readonly source: ItemSource } {
    const { sources, seeded } = this.seeding.cast;
    const { subjectRef, profile } = this.seeding.enterprise(slug);
    if (!sources.isAskedLive(item)) {
      const { batchId, batch } = sources.batch(`${item}-first`);
      return { rows: batch.leafOf(subjectRef)?.rows ?? [], source: { kind: 'BATCH', code: item, batchId } };
    }
    const rows = sources.records.rowsOf(item, profile.subject, time, range);
    const digest = answerDigestOf(seeded.salt(`answer ${time} ${slug} ${item}`), { item, itemVersion: 1, subjectRef, ...(range === undefined ? {} : { range }), rows });
    const answer: SignedSourceAnswer = { type: 'source-answer', network: this.seeding.options.network, item, itemVersion: 1, subjectRef, rows: rows.length, digest, time };
    const { keyId, privateKey } = this.seeding.requestKeyOf(catalogueItemOf(item).provider);
    return { rows, source: { kind: 'ANSWER', code: item, answer, keyId, signature: signAnswer(answer, privateKey) } };
  }
}

/** Who sends what a step asks for. */
function senderOf({ ask }: AskingStep): string {
  return ask.sender ?? NODE;
}

/** Names a step that asks: an enterprise never asks twice in a minute. */
function nameOf({ verb, day, minute, ask }: AskingStep): string {
  return `${verb} ${day} ${minute} ${ask.enterprise} ${ask.recipient}`;
}

/** What is refused before any source is asked brings no digest; only a source that isn't accepted was asked first. */
function needsPayload(step: AskingStep): boolean {
  return step.verb === 'RELEASE' || (step.verb === 'DENY' && step.reason === 'source-not-accepted');
}

function bytesSentOf(outcome: Outcome, { byteCount = 0 }: Release): number {
  if (outcome === 'FAILED') return 0;
  return outcome === 'PARTIAL' ? Math.floor(byteCount / 2) : byteCount;
}

/** The release that a step expects. @throws Error when the law says otherwise: the scenario or the ledger is wrong then. */
function expected(step: AskingStep, answer: { readonly kind: string } | undefined): Release {
  const wanted = { RELEASE: 'PERMIT', DENY: step.verb === 'DENY' ? step.reason : '', CHECK: step.verb === 'CHECK' ? step.expect : '' }[step.verb];
  const recorded = answer?.kind === 'RECORDED' ? (answer as { readonly kind: 'RECORDED'; readonly release: Release }).release : undefined;
  const said = recorded === undefined ? JSON.stringify(answer) : (recorded.reason ?? recorded.decision);
  if (recorded === undefined || said !== wanted) throw new Error(`day ${step.day}, minute ${step.minute}: ${step.verb} for ${step.ask.enterprise} expects ${wanted}, the ledger says ${said}`);
  return recorded;
}
