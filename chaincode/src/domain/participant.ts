import { z } from 'zod';
import { DomainError } from './errors';
import { instantSchema, type Instant } from './instant';
import { LOG_KEY_USES, noteKeyOf, type LogKeyUse } from './log/log-keys';
import type { NoteKey } from './log/signed-note';
import { bytesSchema, dateSchema, digestSchema, idSchema, participantIdSchema, publicKeySchema } from './primitives';

/** Roles that take part; the same words stand in the certificate attribute `kesu.role`. */
export const PARTICIPANT_ROLES = ['provincialNode', 'platform', 'recipient', 'provider', 'regulator', 'auditor', 'notary', 'arbitrator', 'court'] as const;
export type ParticipantRole = (typeof PARTICIPANT_ROLES)[number];

/** Kinds of recipients (接入机构). */
export const RECIPIENT_KINDS = ['BANK', 'GUARANTEE', 'INSURER', 'CREDIT_SERVICE'] as const;

/** Written states of a participant (有进有出). Only a platform passes the two assessed states. */
export const PARTICIPANT_STATES = ['APPLIED', 'SECURITY_ASSESSED', 'AUTHORIZATION_ASSESSED', 'ADMITTED', 'SUSPENDED', 'EXITED'] as const;
export type ParticipantState = (typeof PARTICIPANT_STATES)[number];

/** How a platform connects: to the node itself, or through 秦信融 (任务 4). */
export const CONNECTIONS = ['NODE', 'QINXINRONG'] as const;

/** The two assessments of a platform (安全评估、授权评估). */
export const ASSESSMENT_KINDS = ['SECURITY', 'AUTHORIZATION'] as const;

/** A name that counts from a date on: authorities are renamed. */
export const datedNameSchema = z.strictObject({
  from: dateSchema,
  zh: z.string().min(1).max(80),
  en: z.string().min(1).max(160),
});

/** An assessment with its assessor, document and end. */
export const assessmentSchema = z.strictObject({
  assessor: z.string().regex(/^[a-z][a-z0-9-]{1,62}$/),
  documentDigest: digestSchema,
  at: instantSchema,
  until: instantSchema,
});
export type Assessment = z.infer<typeof assessmentSchema>;

/** A key with which a participant signs requests, source answers or batches (P-256). `until` ends it. */
export const participantKeySchema = z.strictObject({
  keyId: idSchema,
  publicKey: publicKeySchema,
  from: instantSchema,
  until: instantSchema.optional(),
});
export type ParticipantKey = z.infer<typeof participantKeySchema>;

/** An Ed25519 key of the log (LOG, the node's) or of a cosigner (COSIGN), introduced by the participant's own certificate. `until` ends it. */
export const logKeySchema = z.strictObject({
  use: z.enum(LOG_KEY_USES),
  /** 32 bytes (RFC 8032). */
  publicKey: bytesSchema(32, 32),
  from: instantSchema,
  until: instantSchema.optional(),
});
export type LogKey = z.infer<typeof logKeySchema>;

/** Most log keys that a participant can have had. */
export const MAX_LOG_KEYS = 10;

/** Who takes part (任务 3, 4): an authority, a platform, an institution. */
export const participantSchema = z.strictObject({
  id: participantIdSchema,
  role: z.enum(PARTICIPANT_ROLES),
  kind: z.enum(RECIPIENT_KINDS).optional(),
  names: z.array(datedNameSchema).min(1).max(20),
  /** The organisation (MSP) whose certificates count for this participant. */
  mspId: z.string().regex(/^[A-Za-z][A-Za-z0-9]{1,40}$/),
  state: z.enum(PARTICIPANT_STATES),
  connectVia: z.enum(CONNECTIONS).optional(),
  regions: z.array(z.string().regex(/^\d{6}$/)).max(200),
  /** For a recipient: the platforms that admitted it. */
  platforms: z.array(participantIdSchema).max(50),
  assessments: z.strictObject({ SECURITY: assessmentSchema.optional(), AUTHORIZATION: assessmentSchema.optional() }),
  documentDigest: digestSchema,
  keys: z.array(participantKeySchema).max(10),
  /** Absent until the first is introduced. */
  logKeys: z.array(logKeySchema).max(MAX_LOG_KEYS).optional(),
  successor: participantIdSchema.optional(),
  version: z.int().min(1),
});
export type Participant = z.infer<typeof participantSchema>;

const NEXT: Readonly<Record<ParticipantState, readonly ParticipantState[]>> = {
  APPLIED: ['SECURITY_ASSESSED', 'ADMITTED', 'EXITED'],
  SECURITY_ASSESSED: ['AUTHORIZATION_ASSESSED', 'EXITED'],
  AUTHORIZATION_ASSESSED: ['ADMITTED', 'EXITED'],
  ADMITTED: ['SUSPENDED', 'EXITED'],
  SUSPENDED: ['ADMITTED', 'EXITED'],
  EXITED: [],
};

/**
 * The participant in its next state.
 * @throws DomainError state-conflict when the life of a participant has no such step.
 */
export function moveParticipant(participant: Participant, to: ParticipantState): Participant {
  const platformSkipsAssessment = participant.role === 'platform' && participant.state === 'APPLIED' && to === 'ADMITTED';
  const assessedThoughNoPlatform = participant.role !== 'platform' && to.endsWith('_ASSESSED');
  if (!NEXT[participant.state].includes(to) || platformSkipsAssessment || assessedThoughNoPlatform) {
    throw DomainError.of('state-conflict', `participant ${participant.id} is ${participant.state} and can't become ${to}`);
  }
  return { ...participant, state: to, version: participant.version + 1 };
}

/**
 * Adds an assessment; the two must come from different assessors, security first.
 * @throws DomainError state-conflict.
 */
export function assessParticipant(participant: Participant, kind: (typeof ASSESSMENT_KINDS)[number], assessment: Assessment): Participant {
  const other = participant.assessments[kind === 'SECURITY' ? 'AUTHORIZATION' : 'SECURITY'];
  if (other?.assessor === assessment.assessor) throw DomainError.of('state-conflict', 'the two assessments need two different assessors');
  if (assessment.until <= assessment.at) throw DomainError.of('period-invalid', 'an assessment ends after it was made');
  const assessed = { ...participant, assessments: { ...participant.assessments, [kind]: assessment } };
  const renewed = participant.state === 'ADMITTED' || participant.state === 'SUSPENDED';
  if (renewed) return { ...assessed, version: participant.version + 1 };
  return moveParticipant(assessed, kind === 'SECURITY' ? 'SECURITY_ASSESSED' : 'AUTHORIZATION_ASSESSED');
}

/** True when a platform's two assessments both hold at `at`. Others need none. */
export function assessmentsHold(participant: Participant, at: Instant): boolean {
  if (participant.role !== 'platform') return true;
  const { SECURITY, AUTHORIZATION } = participant.assessments;
  return SECURITY !== undefined && AUTHORIZATION !== undefined && at < SECURITY.until && at < AUTHORIZATION.until;
}

/** The participant's key of that id if it counts at `at`. */
export function participantKeyAt(participant: Participant, keyId: string, at: Instant): ParticipantKey | undefined {
  return participant.keys.find((key) => key.keyId === keyId && key.from <= at && (key.until === undefined || at < key.until));
}

/** What a participant signs with the new key itself to introduce it, as a value: its RFC 8785 form is the bytes. */
export function logKeyIntroduction(network: string, participant: string, { use, publicKey }: Pick<LogKey, 'use' | 'publicKey'>) {
  return { type: 'log-key-introduction' as const, network, participant, use, publicKey };
}

/**
 * The participant with a new log key, which ends the one of the same use.
 * @throws DomainError already-exists, limit-exceeded.
 */
export function introduceLogKey(participant: Participant, { use, publicKey }: Pick<LogKey, 'use' | 'publicKey'>, at: Instant): Participant {
  const present = participant.logKeys ?? [];
  if (present.some((key) => key.publicKey === publicKey)) throw DomainError.of('already-exists', 'this key was introduced before: each use has a key of its own, and an ended one does not come back');
  if (present.length >= MAX_LOG_KEYS) throw DomainError.of('limit-exceeded', `a participant can have had at most ${MAX_LOG_KEYS} log keys`);
  const kept = present.map((key) => (key.use === use && key.until === undefined ? { ...key, until: at } : key));
  return { ...participant, logKeys: [...kept, { use, publicKey, from: at }], version: participant.version + 1 };
}

/** The participant's note key for a use that counts at `at`. */
export function logNoteKeyAt(participant: Participant, use: LogKeyUse, network: string, at: Instant): NoteKey | undefined {
  const key = participant.logKeys?.find((known) => known.use === use && known.from <= at && (known.until === undefined || at < known.until));
  return key === undefined ? undefined : noteKeyOf(network, participant.id, key);
}

/** The name that counts at a date (`2026-03-01`), the oldest before the first. */
export function nameAt(participant: Participant, date: string): { zh: string; en: string } {
  const sorted = [...participant.names].sort((a, b) => (a.from < b.from ? -1 : 1));
  const current = sorted.filter((name) => name.from <= date).at(-1) ?? sorted[0];
  return { zh: current?.zh ?? participant.id, en: current?.en ?? participant.id };
}

/** True when a region lies in a territory (GB/T 2260): `xx0000` is a province, `xxxx00` a city, each with all that lies in it. */
export function regionLiesIn(region: string, territory: readonly string[]): boolean {
  return territory.some((code) => {
    const whole = code.endsWith('0000') ? code.slice(0, 2) : code.endsWith('00') ? code.slice(0, 4) : code;
    return region.startsWith(whole);
  });
}
