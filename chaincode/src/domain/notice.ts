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

/** The notices that an event calls for. Whom a correction concerns is found in the trace: see {@link correctionNotice}. */
export function noticesFor(event: DomainEvent, at: Instant): Notice[] {
  switch (event.kind) {
    case 'grant':
      return event.action === 'grant' ? grantGiven(event.record, at) : [grantNotice('GRANT_CHANGED', event.record, at, { action: event.action }), toPlatform(event.record, at, event.action)];
    case 'signatories':
      return KEY_ACTIONS.includes(event.action)
        ? [{ kind: 'KEY_CHANGED', to: event.record.ref, subject: event.record.ref, about: { action: event.action }, dueAt: at }]
        : event.action.endsWith('-mandate')
          ? [{ kind: 'MANDATE_CHANGED', to: event.record.ref, subject: event.record.ref, about: { action: event.action }, dueAt: at }]
          : [];
    case 'enterprise':
      return event.action === 'change-representative' ? [{ kind: 'REPRESENTATIVE_CHANGED', to: event.record.ref, subject: event.record.ref, about: {}, dueAt: at }] : [];
    case 'release':
      return rawReleased(event.release, at);
    case 'dispute':
      return [event.record.enterprise, event.record.platform].map((to) => ({ kind: 'DISPUTE_STEP', to, subject: event.record.id, about: { state: event.record.state, item: event.record.item }, dueAt: at }));
    case 'participant':
      return event.record.state === 'EXITED' ? event.record.platforms.map((to) => ({ kind: 'PARTICIPANT_EXITED', to, subject: event.record.id, about: {}, dueAt: at })) : [];
    case 'rule-book':
    case 'catalogue-item':
    case 'template':
    case 'loan':
    case 'ingest-batch':
    case 'grant-request':
    case 'outcome':
    case 'acknowledgement':
    case 'operation-closed':
      return [];
  }
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
