import { z } from 'zod';
import { DomainError } from './errors';
import { dateSchema, digestSchema, itemCodeSchema, participantIdSchema } from './primitives';

/** How open an item is: AUTHORIZED_NO_RAW never leaves as raw records; EXPLORATORY (经营类信息) needs its own opt-in. */
export const ITEM_CLASSES = ['PUBLIC', 'AUTHORIZED', 'AUTHORIZED_NO_RAW', 'EXPLORATORY'] as const;
export type ItemClass = (typeof ITEM_CLASSES)[number];

/** Whom an item is about. */
export const ITEM_SUBJECTS = ['ENTERPRISE', 'PERSON', 'MIXED'] as const;

/** How an item reaches the node. QUERY and INTERFACE are asked live, one signed answer a release. */
export const ITEM_MODES = ['COLLECTED', 'INTERFACE', 'QUERY', 'FEEDBACK', 'ACTIVE_OPT_IN', 'SELF_REPORT'] as const;
export type ItemMode = (typeof ITEM_MODES)[number];

/** At which level an item is shared: 总对总, 省级, 市级. */
export const ITEM_ROUTES = ['NATIONAL', 'PROVINCIAL', 'MUNICIPAL'] as const;

/** Written states of an item's connection. */
export const ITEM_STATES = ['PLANNED', 'CONNECTED', 'INTERRUPTED', 'WITHDRAWN'] as const;

/** What is made of the records for a recipient: 核验结果, 评价结果, 汇总信息, 原始明细. None includes another: a letter names each. */
export const GRANULARITIES = ['ANSWER', 'SCORE', 'SUMMARY', 'RAW'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** A clause that a provider demands of every letter that names its item (任务 11). */
export const requirementSchema = z.strictObject({
  id: z.string().regex(/^[A-Z0-9-]{2,24}$/),
  zh: z.string().min(1).max(400),
  en: z.string().min(1).max(600),
});
export type Requirement = z.infer<typeof requirementSchema>;

/** An item of the information-sharing list (清单, 任务 5). Its versions never change; a new content is a new version. */
export const catalogueItemSchema = z.strictObject({
  code: itemCodeSchema,
  version: z.int().min(1).max(10_000),
  /** Letters for this version and later ones cover the present version: the node declared each step no wider. */
  coveredSince: z.int().min(1),
  nameZh: z.string().min(1).max(80),
  nameEn: z.string().min(1).max(160),
  contentZh: z.string().min(1).max(400),
  contentEn: z.string().max(800),
  class: z.enum(ITEM_CLASSES),
  subject: z.enum(ITEM_SUBJECTS),
  mode: z.enum(ITEM_MODES),
  route: z.enum(ITEM_ROUTES),
  provider: participantIdSchema,
  cadence: z.string().min(1).max(40),
  dueDate: dateSchema.optional(),
  state: z.enum(ITEM_STATES),
  requirements: z.array(requirementSchema).max(20),
  /** The provider's statement that no trade secret is contained: an EXPLORATORY item can't be connected without. */
  noTradeSecretDigest: digestSchema.optional(),
});
export type CatalogueItem = z.infer<typeof catalogueItemSchema>;

/** What the rule book keeps of an item: all that a decision reads. */
export const itemRuleSchema = catalogueItemSchema.pick({ version: true, coveredSince: true, class: true, subject: true, mode: true, provider: true, state: true });
export type ItemRule = z.infer<typeof itemRuleSchema>;

/** The part of an item that decisions read. */
export function itemRuleOf(item: CatalogueItem): ItemRule {
  const { version, coveredSince, class: itemClass, subject, mode, provider, state } = item;
  return { version, coveredSince, class: itemClass, subject, mode, provider, state };
}

const NEXT: Readonly<Record<CatalogueItem['state'], readonly CatalogueItem['state'][]>> = {
  PLANNED: ['CONNECTED', 'WITHDRAWN'],
  CONNECTED: ['INTERRUPTED', 'WITHDRAWN'],
  INTERRUPTED: ['CONNECTED', 'WITHDRAWN'],
  WITHDRAWN: [],
};

/**
 * The item in its next state.
 * @throws DomainError state-conflict; document-required when an EXPLORATORY item lacks its provider's statement.
 */
export function moveItem(item: CatalogueItem, to: CatalogueItem['state']): CatalogueItem {
  if (!NEXT[item.state].includes(to)) throw DomainError.of('state-conflict', `item ${item.code} is ${item.state} and can't become ${to}`);
  if (to === 'CONNECTED' && item.class === 'EXPLORATORY' && item.noTradeSecretDigest === undefined) {
    throw DomainError.of('document-required', `item ${item.code} is EXPLORATORY: its provider must first state that it contains no trade secret`);
  }
  return { ...item, state: to };
}

/** True when a letter that names `version` of an item covers the version now in the catalogue. */
export function itemVersionIsCovered(rule: ItemRule, version: number): boolean {
  return rule.coveredSince <= version && version <= rule.version;
}

/** True when an answer is asked live and its signed answer is the batch (domain: IngestBatch). */
export function isAskedLive(mode: ItemMode): boolean {
  return mode === 'QUERY' || mode === 'INTERFACE';
}

/** True when the enterprise must tick this item on its own (个人信息保护法 14, 23, 29; EXPLORATORY opt-in; RAW). */
export function needsSeparateConsent(rule: ItemRule, granularity: Granularity): boolean {
  return granularity === 'RAW' || rule.subject === 'PERSON' || rule.class === 'EXPLORATORY';
}
