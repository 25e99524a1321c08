import { GRANULARITIES, ID_FORM, idSchema, ITEM_CODE_FORM, itemCodeSchema, PARTICIPANT_ID_FORM, participantIdSchema, PURPOSES, type Granularity, type Purpose } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { GatewayError } from '../gateway-error';
import { EVALUATIONS_SEMANTICS, type CheckQuestion, type EvaluationsSemantic } from '../use-cases/check';
import { decodeWith } from './decode';
import { MAX_EVALUATIONS } from './limits';

/** AuthZEN ignores unknown members; so do these schemas, and no others of the API. */
const subjectSchema = z.object({ type: z.enum(['recipient', 'platform']), id: participantIdSchema });
const resourceSchema = z.object({
  type: z.literal('catalogue-item'),
  id: itemCodeSchema,
  properties: z.object({ enterprise: idSchema, granularity: z.enum(GRANULARITIES).optional() }),
});
const contextSchema = z.object({ purpose: z.enum(PURPOSES), loanRef: idSchema.optional(), platform: participantIdSchema.optional() });

/** One evaluation (OpenID AuthZEN 1.0, section 6). */
export const evaluationSchema = z.object({ subject: subjectSchema, action: z.object({ name: z.literal('read') }), resource: resourceSchema, context: contextSchema });

/** A list of evaluations (section 7): members of the request are defaults of each. */
export const evaluationsSchema = z.object({
  subject: subjectSchema.optional(),
  action: z.object({ name: z.literal('read') }).optional(),
  resource: resourceSchema.optional(),
  context: contextSchema.optional(),
  evaluations: z.array(z.object({ subject: subjectSchema.optional(), action: z.object({ name: z.literal('read') }).optional(), resource: resourceSchema.optional(), context: contextSchema.optional() })).max(MAX_EVALUATIONS).optional(),
  options: z.object({ evaluations_semantic: z.enum(EVALUATIONS_SEMANTICS).optional() }).optional(),
});

/** A list of questions and how far it is answered; `alone` when the request held one question and no list. */
export interface AskedList {
  readonly alone: boolean;
  readonly questions: readonly CheckQuestion[];
  readonly semantic: EvaluationsSemantic | undefined;
}

/**
 * The question of a body.
 * @throws GatewayError malformed-body naming each fault.
 */
export function questionOf(body: unknown): CheckQuestion {
  return plainQuestion(body) ?? evaluated(decodeWith(evaluationSchema, body, 'body'));
}

/**
 * The questions of a body that holds a list.
 * @throws GatewayError malformed-body.
 */
export function questionsOf(body: unknown): AskedList {
  const { evaluations, options, ...defaults } = decodeWith(evaluationsSchema, body, 'body');
  const semantic = options?.evaluations_semantic;
  if (evaluations === undefined || evaluations.length === 0) return { alone: true, questions: [questionOf(defaults)], semantic };
  const questions = evaluations.map((evaluation, index) => {
    const whole = evaluationSchema.safeParse({ ...defaults, ...evaluation });
    if (!whole.success) throw GatewayError.of('malformed-body', 'an evaluation lacks a member that has no default', { faults: [{ pointer: `/evaluations/${index}`, detail: 'subject, action, resource and context, here or as defaults' }] });
    return evaluated(whole.data);
  });
  return { alone: false, questions, semantic };
}

function evaluated({ subject, resource, context }: z.infer<typeof evaluationSchema>): CheckQuestion {
  const { enterprise, granularity } = resource.properties;
  const { purpose, loanRef, platform } = context;
  return {
    subject,
    item: resource.id,
    enterprise,
    purpose,
    ...(granularity === undefined ? {} : { granularity }),
    ...(loanRef === undefined ? {} : { loanRef }),
    ...(platform === undefined ? {} : { platform }),
  };
}

type Members = Readonly<Record<string, unknown>>;

const GRANULARITY_NAMES: ReadonlySet<unknown> = new Set(GRANULARITIES);
const PURPOSE_NAMES: ReadonlySet<unknown> = new Set(PURPOSES);

/**
 * What {@link evaluationSchema} reads, in a quarter of its time, for the one path that must be fast; undefined for everything that
 * the schema refuses, whose faults then come from the schema. A test holds the two equal.
 */
export function plainQuestion(body: unknown): CheckQuestion | undefined {
  if (!isObject(body)) return undefined;
  const { subject, action, resource, context } = body;
  if (!isObject(subject) || !isObject(action) || !isObject(resource) || !isObject(context) || action['name'] !== 'read') return undefined;
  const asker = subjectOf(subject);
  const about = aboutOf(resource);
  if (asker === undefined || about === undefined) return undefined;
  return withContext({ subject: asker, item: about.item, enterprise: about.enterprise }, about.granularity, context);
}

function subjectOf({ type, id }: Members): CheckQuestion['subject'] | undefined {
  if (type !== 'recipient' && type !== 'platform') return undefined;
  return hasForm(id, PARTICIPANT_ID_FORM) ? { type, id } : undefined;
}

function aboutOf({ type, id, properties }: Members): { readonly item: string; readonly enterprise: string; readonly granularity: Granularity | undefined } | undefined {
  if (type !== 'catalogue-item' || !hasForm(id, ITEM_CODE_FORM) || !isObject(properties)) return undefined;
  const { enterprise, granularity } = properties;
  if (!hasForm(enterprise, ID_FORM)) return undefined;
  if (granularity !== undefined && !GRANULARITY_NAMES.has(granularity)) return undefined;
  return { item: id, enterprise, granularity: granularity as Granularity | undefined };
}

function withContext(about: Pick<CheckQuestion, 'subject' | 'item' | 'enterprise'>, granularity: Granularity | undefined, { purpose, loanRef, platform }: Members): CheckQuestion | undefined {
  if (!PURPOSE_NAMES.has(purpose)) return undefined;
  const { subject, item, enterprise } = about;
  const question: { -readonly [M in keyof CheckQuestion]: CheckQuestion[M] } = { subject, item, enterprise, purpose: purpose as Purpose };
  if (granularity !== undefined) question.granularity = granularity;
  if (loanRef !== undefined) {
    if (!hasForm(loanRef, ID_FORM)) return undefined;
    question.loanRef = loanRef;
  }
  if (platform !== undefined) {
    if (!hasForm(platform, PARTICIPANT_ID_FORM)) return undefined;
    question.platform = platform;
  }
  return question;
}

function hasForm(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
