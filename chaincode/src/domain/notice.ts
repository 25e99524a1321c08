import type { Deletion } from './deletion';
import type { Enterprise } from './enterprise';
import type { DomainEvent } from './events';
import type { Grant } from './grant';
import { DAY_MILLIS, instantAfter, type Instant } from './instant';

/** What a notice is about. */
export const NOTICE_KINDS = [
  'GRANT_GIVEN',
  'GRANT_CHANGED',
  'GRANT_ENDS_IN_30_DAYS',
  'GRANT_ENDS_IN_7_DAYS',
  'KEY_CHANGED',
  'MANDATE_CHANGED',
  'REPRESENTATIVE_CHANGED',
  'RAW_RELEASED',
  'DISPUTE_STEP',
  'DATA_CORRECTED',
  'PARTICIPANT_EXITED',
  'DELETION_ASKED',
  'DELETION_OVERDUE',
  'DELETION_ATTESTED',
  'LETTERS_OFFERED',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** A notice (通知) to an enterprise (its ref) or a participant (its id). `subject` is the id of what it is about. */
export interface Notice {
  readonly kind: NoticeKind;
  readonly to: string;
  readonly subject: string;
  /** Codes and ids only: the words are chosen where it is shown. */
  readonly about: Readonly<Record<string, string>>;
  /** When it is due. */
  readonly dueAt: Instant;
}

/** Days before a grant's end at which its enterprise is told. */
const END_MARKS = [
  { kind: 'GRANT_ENDS_IN_30_DAYS', days: 30 },
  { kind: 'GRANT_ENDS_IN_7_DAYS', days: 7 },
] as const;

const KEY_ACTIONS: readonly string[] = ['register-key', 'record-notice', 'confirm-key', 'object', 'report-lost', 'end-key'];

type NoticesOf = { readonly [K in DomainEvent['kind']]?: (event: Extract<DomainEvent, { kind: K }>, at: Instant) => Notice[] };

/** Who is told of what; kinds of events that are missing here tell nobody. */
const NOTICES: NoticesOf = {
  grant: ({ action, record }, at) => (action === 'grant' ? grantGiven(record, at) : [grantNotice('GRANT_CHANGED', record, at, { action }), toPlatform(record, at, action)]),
  signatories: ({ action, record }, at) => signatoriesChanged(action, record.ref, at),
  enterprise: ({ action, record }, at) => enterpriseChanged(action, record, at),
  release: ({ release }, at) => rawReleased(release, at),
  dispute: ({ record }, at) => [record.enterprise, record.platform].map((to) => ({ kind: 'DISPUTE_STEP', to, subject: record.id, about: { state: record.state, item: record.item }, dueAt: at })),
  deletion: ({ record }, at) => deletionMoved(record, at),
  participant: ({ record }, at) => (record.state === 'EXITED' ? record.platforms.map((to) => ({ kind: 'PARTICIPANT_EXITED' as const, to, subject: record.id, about: {}, dueAt: at })) : []),
};

/** The notices that an event calls for. Whom a correction concerns is found in the trace: see {@link correctionNotice}. */
export function noticesFor(event: DomainEvent, at: Instant): Notice[] {
  const notices = NOTICES[event.kind] as ((event: DomainEvent, at: Instant) => Notice[]) | undefined;
  return notices === undefined ? [] : notices(event, at);
}

function enterpriseChanged(action: string, { ref, successor }: Enterprise, at: Instant): Notice[] {
  if (action === 'change-representative') return [{ kind: 'REPRESENTATIVE_CHANGED', to: ref, subject: ref, about: {}, dueAt: at }];
  return action === 'link-successor' && successor !== undefined ? [{ kind: 'LETTERS_OFFERED', to: successor, subject: ref, about: {}, dueAt: at }] : [];
}

/** The recipient is told what it is asked, and again when the date passes; the enterprise, what the recipient attests. */
function deletionMoved({ id, state, recipient, enterprise, grantId, ground, dueAt }: Deletion, at: Instant): Notice[] {
  if (state !== 'ASKED') return [{ kind: 'DELETION_ATTESTED', to: enterprise, subject: id, about: { grantId, recipient, state }, dueAt: at }];
  const about = { grantId, ground };
  const asked: Notice = { kind: 'DELETION_ASKED', to: recipient, subject: id, about, dueAt: at };
  return dueAt === undefined ? [asked] : [asked, { kind: 'DELETION_OVERDUE', to: recipient, subject: id, about, dueAt: instantAfter(dueAt, 1) }];
}

function signatoriesChanged(action: string, ref: string, at: Instant): Notice[] {
  if (KEY_ACTIONS.includes(action)) return [{ kind: 'KEY_CHANGED', to: ref, subject: ref, about: { action }, dueAt: at }];
  return action.endsWith('-mandate') ? [{ kind: 'MANDATE_CHANGED', to: ref, subject: ref, about: { action }, dueAt: at }] : [];
}

/** Tells a recipient that a datum it received was corrected. */
export function correctionNotice(recipient: string, disputeId: string, item: string, at: Instant): Notice {
  return { kind: 'DATA_CORRECTED', to: recipient, subject: disputeId, about: { item }, dueAt: at };
}

function grantGiven(grant: Grant, at: Instant): Notice[] {
  const ends = END_MARKS.map(({ kind, days }) => ({ kind, dueAt: instantAfter(grant.until, -days * DAY_MILLIS) })).filter(({ dueAt }) => dueAt > at);
  return [grantNotice('GRANT_GIVEN', grant, at, { action: 'grant' }), ...ends.map(({ kind, dueAt }) => grantNotice(kind, grant, dueAt, {}))];
}

function grantNotice(kind: NoticeKind, grant: Grant, dueAt: Instant, about: Record<string, string>): Notice {
  return { kind, to: grant.enterprise, subject: grant.id, about: { ...about, platform: grant.platform, purpose: grant.purpose }, dueAt };
}

function toPlatform(grant: Grant, at: Instant, action: string): Notice {
  return { ...grantNotice('GRANT_CHANGED', grant, at, { action }), to: grant.platform };
}

function rawReleased(release: Extract<DomainEvent, { kind: 'release' }>['release'], at: Instant): Notice[] {
  const raw = release.items.some((item) => item.granularity === 'RAW');
  if (!raw || release.decision === 'DENY' || release.basis !== 'GRANT') return [];
  return [{ kind: 'RAW_RELEASED', to: release.enterprise, subject: release.id, about: { recipient: release.recipient }, dueAt: at }];
}
