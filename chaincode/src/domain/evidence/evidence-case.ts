import { z } from 'zod';
import { digestOf } from '../bytes';
import { DomainError } from '../errors';
import { instantSchema, type Instant } from '../instant';
import type { ParticipantRole } from '../participant';
import { digestSchema, fenSchema, idSchema, participantIdSchema, reasonCodeSchema } from '../primitives';
import { calendarDateSchema, debtTermsSchema } from './debt-terms';
import { VOLUME_SIDES, VOLUME_SUBJECTS } from './evidence-volume';

/** Kinds of cases: 赋强公证、保全证据公证、仲裁、诉讼. */
export const CASE_KINDS = ['ENFORCEABLE_DEBT', 'PRESERVATION', 'ARBITRATION', 'LITIGATION'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

/** Every state of the four lives. */
export const CASE_STATES = [
  'DRAFT',
  'SUBMITTED',
  'ACCEPTED',
  'REJECTED',
  'NOTARIZED',
  'DISCHARGED',
  'ENFORCEMENT_REQUESTED',
  'VERIFYING',
  'ENFORCEMENT_CERTIFIED',
  'ENFORCEMENT_REFUSED',
  'ENFORCEMENT_FILED',
  'SEALED',
  'HANDED_OVER',
  'RECEIVED',
  'CLOSED',
] as const;
export type CaseState = (typeof CASE_STATES)[number];

/** Who acts on a case: the party (an institution or its platform), the notary, arbitrator or court it goes to, the node. */
export const CASE_ACTORS = ['PARTY', 'AUTHORITY', 'NODE'] as const;
export type CaseActor = (typeof CASE_ACTORS)[number];

/** The two papers of a notary: 公证书 and 执行证书. */
export const CERTIFICATE_KINDS = ['DEED', 'ENFORCEMENT'] as const;
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];

/** Most volumes of a case. */
export const MAX_VOLUMES = 50;
/** Most expenses that one request for enforcement claims. */
export const MAX_EXPENSES = 20;
/** Most corrections of one certificate. */
export const MAX_CORRECTIONS = 20;

/** A notary's paper by its salted digest; the paper stays with the notary. ANNULLED is final. */
export const certificateSchema = z.strictObject({
  documentDigest: digestSchema,
  issuedBy: participantIdSchema,
  issuedAt: instantSchema,
  state: z.enum(['ISSUED', 'CORRECTED', 'ANNULLED']),
  changes: z.array(z.strictObject({ to: z.enum(['CORRECTED', 'ANNULLED']), reason: reasonCodeSchema, documentDigest: digestSchema, at: instantSchema })).max(MAX_CORRECTIONS + 1),
});
export type Certificate = z.infer<typeof certificateSchema>;

/** Where an item stands in its case. */
export const itemPlaceSchema = z.strictObject({ volume: z.int().min(1), item: z.int().min(1) });
export type ItemPlace = z.infer<typeof itemPlaceSchema>;

/** What the creditor asks for after a default. */
export const enforcementRequestSchema = z.strictObject({
  documentDigest: digestSchema,
  requestedAt: instantSchema,
  /** The date from which the whole principal was called due, with the notice that did so. */
  accelerated: z.strictObject({ on: calendarDateSchema, notice: itemPlaceSchema }).optional(),
  /** EXPENSE_RECORD items whose cost is claimed. */
  expenses: z.array(itemPlaceSchema).max(MAX_EXPENSES),
});
export type EnforcementRequest = z.infer<typeof enforcementRequestSchema>;

/** The sum that a certificate of enforcement states, computed by the contract. */
export const certifiedSumSchema = z.strictObject({
  on: calendarDateSchema,
  principalFen: fenSchema,
  interestFen: fenSchema,
  overdueInterestFen: fenSchema,
  expensesFen: fenSchema,
  totalFen: fenSchema,
  repaidFen: fenSchema,
  /** SHA-256 over the RFC 8785 form of the whole computation, each repayment with its source. */
  computationDigest: digestSchema,
});
export type CertifiedSum = z.infer<typeof certifiedSumSchema>;

/** A volume as its case lists it. */
export const volumeHeadSchema = z.strictObject({
  number: z.int().min(1),
  subject: z.enum(VOLUME_SUBJECTS),
  side: z.enum(VOLUME_SIDES),
  items: z.int().min(0),
  /** Present once it is sealed. */
  digest: digestSchema.optional(),
});
export type VolumeHead = z.infer<typeof volumeHeadSchema>;

/** A case of evidence (线上公证, 任务 10). A record on the ledger is 存证, never 公证. */
export const evidenceCaseSchema = z
  .strictObject({
    id: idSchema,
    kind: z.enum(CASE_KINDS),
    /** Who brings it: an institution, or the enterprise through its platform. */
    party: z.enum(['RECIPIENT', 'PRINCIPAL']),
    enterprise: idSchema,
    platform: participantIdSchema,
    /** The institution: the party itself, or whom the enterprise's case is about. */
    recipient: participantIdSchema.optional(),
    /** The notary from the start; of other kinds the arbitrator or court from the hand-over on. */
    authority: participantIdSchema.optional(),
    loanRef: idSchema.optional(),
    terms: debtTermsSchema.optional(),
    state: z.enum(CASE_STATES),
    volumes: z.array(volumeHeadSchema).max(MAX_VOLUMES),
    rejection: z.strictObject({ reason: reasonCodeSchema, documentDigest: digestSchema }).optional(),
    deed: certificateSchema.optional(),
    request: enforcementRequestSchema.optional(),
    enforcement: certificateSchema.extend({ sum: certifiedSumSchema, applyBefore: calendarDateSchema }).optional(),
    refusal: z.strictObject({ reason: reasonCodeSchema, documentDigest: digestSchema, litigationId: idSchema }).optional(),
    filing: z.strictObject({ court: participantIdSchema, documentDigest: digestSchema }).optional(),
    /** The case whose refused certificate opened this one (公证债权文书执行规定 8). */
    origin: idSchema.optional(),
    handover: z.strictObject({ packageDigest: digestSchema, at: instantSchema }).optional(),
    receipt: z.strictObject({ by: participantIdSchema, receiptDigest: digestSchema.optional(), at: instantSchema }).optional(),
    /** The paper that ended it: proof of discharge, award, judgment. */
    closingDocumentDigest: digestSchema.optional(),
    openedAt: instantSchema,
    changedAt: instantSchema,
    version: z.int().min(1),
  })
  .meta({ description: 'A case of evidence. A record on the ledger is 存证 (lodged evidence), never 公证 (notarization)' });
export type EvidenceCase = z.infer<typeof evidenceCaseSchema>;

type Life = Readonly<Partial<Record<CaseState, readonly CaseState[]>>>;

/** A notary refuses also what it has accepted, where examining shows a ground (公证程序规则 48: 不予办理公证). */
const PRESERVATION: Life = { DRAFT: ['SUBMITTED'], SUBMITTED: ['ACCEPTED', 'REJECTED'], ACCEPTED: ['REJECTED', 'NOTARIZED'] };
const PROCEEDINGS: Life = { DRAFT: ['SEALED'], SEALED: ['HANDED_OVER'], HANDED_OVER: ['RECEIVED'], RECEIVED: ['CLOSED'] };
const LIVES: Readonly<Record<CaseKind, Life>> = {
  ENFORCEABLE_DEBT: {
    ...PRESERVATION,
    NOTARIZED: ['DISCHARGED', 'ENFORCEMENT_REQUESTED'],
    ENFORCEMENT_REQUESTED: ['VERIFYING'],
    VERIFYING: ['ENFORCEMENT_CERTIFIED', 'ENFORCEMENT_REFUSED'],
    ENFORCEMENT_CERTIFIED: ['ENFORCEMENT_FILED'],
  },
  PRESERVATION,
  ARBITRATION: PROCEEDINGS,
  LITIGATION: PROCEEDINGS,
};

/** Who writes a state. A receipt that the authority signed may be carried by the node. */
const WRITERS: Readonly<Record<CaseState, readonly CaseActor[]>> = {
  DRAFT: ['PARTY'],
  SUBMITTED: ['PARTY'],
  ACCEPTED: ['AUTHORITY'],
  REJECTED: ['AUTHORITY'],
  NOTARIZED: ['AUTHORITY'],
  DISCHARGED: ['PARTY', 'AUTHORITY'],
  ENFORCEMENT_REQUESTED: ['PARTY'],
  VERIFYING: ['AUTHORITY'],
  ENFORCEMENT_CERTIFIED: ['AUTHORITY'],
  ENFORCEMENT_REFUSED: ['AUTHORITY'],
  ENFORCEMENT_FILED: ['PARTY'],
  SEALED: ['PARTY'],
  HANDED_OVER: ['PARTY'],
  RECEIVED: ['AUTHORITY', 'NODE'],
  CLOSED: ['AUTHORITY'],
};

/** The role of a kind's authority. */
export const AUTHORITY_ROLE: Readonly<Record<CaseKind, ParticipantRole>> = { ENFORCEABLE_DEBT: 'notary', PRESERVATION: 'notary', ARBITRATION: 'arbitrator', LITIGATION: 'court' };

/** The states that may follow. */
export function nextStates(kind: CaseKind, state: CaseState): readonly CaseState[] {
  return LIVES[kind][state] ?? [];
}

/** True while volumes may still be opened, filled and sealed: until the case has come to its end. */
export function isCaseOpen({ kind, state }: Pick<EvidenceCase, 'kind' | 'state'>): boolean {
  return nextStates(kind, state).length > 0;
}

/**
 * As whom a participant acts on the case.
 * @returns undefined for who has no part in it.
 */
export function actorOn(evidenceCase: Pick<EvidenceCase, 'party' | 'platform' | 'recipient' | 'authority'>, caller: { readonly id: string; readonly role: ParticipantRole }): CaseActor | undefined {
  if (caller.role === 'provincialNode') return 'NODE';
  if (caller.id === evidenceCase.authority) return 'AUTHORITY';
  const isParty = caller.id === evidenceCase.platform || (evidenceCase.party === 'RECIPIENT' && caller.id === evidenceCase.recipient);
  return isParty ? 'PARTY' : undefined;
}

/**
 * The case in its next state.
 * @throws DomainError not-yours for who has no part in it, role-not-allowed when another side writes that state, state-conflict when its life has no such step.
 */
export function moveCase(evidenceCase: EvidenceCase, to: CaseState, actor: CaseActor | undefined, at: Instant, change: Partial<EvidenceCase> = {}): EvidenceCase {
  if (actor === undefined) throw DomainError.of('not-yours', 'the case belongs to others');
  const { kind, state } = evidenceCase;
  if (!WRITERS[to].includes(actor)) throw DomainError.of('role-not-allowed', `${to} is written by ${WRITERS[to].join(' or ')}, not by ${actor}`);
  const next = nextStates(kind, state);
  if (!next.includes(to)) throw DomainError.of('state-conflict', `a case of kind ${kind} that is ${state} can't become ${to}: ${next.length === 0 ? 'it has come to its end' : `next is ${next.join(' or ')}`}`);
  return { ...evidenceCase, ...change, state: to, changedAt: at, version: evidenceCase.version + 1 };
}

/** What a case is opened with. */
export type OpenedCase = Pick<EvidenceCase, 'id' | 'kind' | 'party' | 'enterprise' | 'platform' | 'recipient' | 'authority' | 'loanRef' | 'terms' | 'origin'>;

/**
 * A new case. A debt that is to be enforceable has an institution as its creditor, a loan and a notary; a preservation has a notary.
 * @throws DomainError document-required naming each member that is missing, malformed-command for terms of what is no debt.
 */
export function openedCase(opened: OpenedCase, at: Instant): EvidenceCase {
  const { kind, party, recipient, authority, loanRef, terms } = opened;
  const isDebt = kind === 'ENFORCEABLE_DEBT';
  if (isDebt && party !== 'RECIPIENT') throw DomainError.of('malformed-command', 'the creditor of an enforceable debt is an institution', [{ pointer: '/party', detail: 'not RECIPIENT' }]);
  if (!isDebt && terms !== undefined) throw DomainError.of('malformed-command', 'only an enforceable debt has terms', [{ pointer: '/terms', detail: 'not for this kind' }]);
  const needed = { recipient: party === 'RECIPIENT' && recipient === undefined, authority: AUTHORITY_ROLE[kind] === 'notary' && authority === undefined, loanRef: isDebt && loanRef === undefined };
  const missing = Object.entries(needed).flatMap(([member, isMissing]) => (isMissing ? [member] : []));
  if (missing.length > 0) throw DomainError.of('document-required', `a case of kind ${kind} is opened with ${missing.join(', ')}`, missing.map((member) => ({ pointer: `/${member}`, detail: 'missing' })));
  return { ...opened, state: 'DRAFT', volumes: [], openedAt: at, changedAt: at, version: 1 };
}

/** The litigation that a refused certificate opens: the creditor may sue over the same debt (公证债权文书执行规定 8). */
export function litigationFrom({ id: origin, party, enterprise, platform, recipient, loanRef }: EvidenceCase, id: string, at: Instant): EvidenceCase {
  const named = { ...(recipient === undefined ? {} : { recipient }), ...(loanRef === undefined ? {} : { loanRef }) };
  return openedCase({ id, kind: 'LITIGATION', party, enterprise, platform, ...named, origin }, at);
}

/** The case after something in it changed that isn't its state. */
export function changeCase(evidenceCase: EvidenceCase, change: Partial<EvidenceCase>, at: Instant): EvidenceCase {
  return { ...evidenceCase, ...change, changedAt: at, version: evidenceCase.version + 1 };
}

/** A certificate as it is issued. */
export function issueCertificate(documentDigest: string, issuedBy: string, at: Instant): Certificate {
  return { documentDigest, issuedBy, issuedAt: at, state: 'ISSUED', changes: [] };
}

/**
 * The certificate corrected (补正) or annulled (撤销).
 * @throws DomainError state-conflict when it was annulled, limit-exceeded.
 */
export function changeCertificate<C extends Certificate>(certificate: C, change: Omit<Certificate['changes'][number], 'at'>, at: Instant): C {
  if (certificate.state === 'ANNULLED') throw DomainError.of('state-conflict', 'the certificate was annulled: that is final');
  if (change.to === 'CORRECTED' && certificate.changes.length >= MAX_CORRECTIONS) throw DomainError.of('limit-exceeded', `a certificate is corrected at most ${MAX_CORRECTIONS} times`);
  return { ...certificate, state: change.to, changes: [...certificate.changes, { ...change, at }] };
}

/** True for a certificate that counts. */
export function certificateHolds(certificate: Certificate | undefined): boolean {
  return certificate !== undefined && certificate.state !== 'ANNULLED';
}

/** SHA-256 over the RFC 8785 form of `{type: "evidence-package", network, caseId, kind, enterprise, volumes}`: the sealed volumes, number and digest, in their order. */
export function packageDigest(network: string, { id, kind, enterprise, volumes }: Pick<EvidenceCase, 'id' | 'kind' | 'enterprise' | 'volumes'>): string {
  const sealed = volumes.flatMap(({ number, digest }) => (digest === undefined ? [] : [{ number, digest }]));
  return digestOf({ type: 'evidence-package', network, caseId: id, kind, enterprise, volumes: sealed });
}

/** What an authority signs to confirm that a package arrived, as a value: the RFC 8785 form is the bytes. */
export const handoverReceiptSchema = z.strictObject({
  type: z.literal('handover-receipt'),
  network: idSchema,
  caseId: idSchema,
  packageDigest: digestSchema,
  authority: participantIdSchema,
  receivedAt: instantSchema,
});
export type HandoverReceipt = z.infer<typeof handoverReceiptSchema>;
