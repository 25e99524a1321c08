import { z } from 'zod';
import { GRANULARITIES, type CatalogueItem, type Granularity } from './catalogue-item';
import { DomainError } from './errors';
import { assertLettersAreWhole } from './letter-contents';
import { PURPOSES, frequencySchema } from './purpose';
import { daysSchema, digestSchema, itemCodeSchema, nameSchema, participantIdSchema } from './primitives';
import { KEY_CAPACITIES } from './signatory';
import { KEY_MEANS } from './signature/key-kinds';

/** Written states of a template version (授权书). */
export const TEMPLATE_STATES = ['DRAFT', 'PUBLISHED', 'WITHDRAWN'] as const;

/** An item that letters of this template may name, at which granularities. */
export const templateItemSchema = z.strictObject({
  code: itemCodeSchema,
  granularities: z.array(z.enum(GRANULARITIES)).min(1).max(4),
});

/** Which clause of the text meets a provider's requirement. */
export const clauseMeetsSchema = z.strictObject({
  item: itemCodeSchema,
  requirement: z.string().regex(/^[A-Z0-9-]{2,24}$/),
  clause: z.string().regex(/^\d{1,2}(\.\d{1,2})?$/),
});

/** A provider's approval, and for which of its items it also approves RAW (gate C). */
export const templateApprovalSchema = z.strictObject({
  provider: participantIdSchema,
  rawApproved: z.array(itemCodeSchema).max(60),
});
export type TemplateApproval = z.infer<typeof templateApprovalSchema>;

/** The rules of a template: everything that letters are measured against. */
export const templateTermsSchema = z.strictObject({
  purposes: z.array(z.enum(PURPOSES)).min(1).max(6),
  items: z.array(templateItemSchema).min(1).max(60),
  longestPeriodDays: daysSchema,
  longestRetentionDays: daysSchema,
  highestFrequency: frequencySchema,
  /** Alternatives; each is a list of capacities that together suffice. */
  authority: z.array(z.array(z.enum(KEY_CAPACITIES)).min(1).max(4)).min(1).max(8),
  /** The key means that suffice for each granularity (least key assurance). */
  means: z.strictObject({
    ANSWER: z.array(z.enum(KEY_MEANS)).min(1),
    SCORE: z.array(z.enum(KEY_MEANS)).min(1),
    SUMMARY: z.array(z.enum(KEY_MEANS)).min(1),
    RAW: z.array(z.enum(KEY_MEANS)).min(1),
  }),
});

/** A template version (授权书, 任务 11): terms, text in two languages, which clause meets which requirement, approvals. */
export const templateSchema = templateTermsSchema.extend({
  id: nameSchema,
  version: z.int().min(1).max(10_000),
  state: z.enum(TEMPLATE_STATES),
  titleZh: z.string().min(1).max(80),
  titleEn: z.string().min(1).max(160),
  textZh: z.string().min(1).max(8_000),
  textEn: z.string().min(1).max(16_000),
  meets: z.array(clauseMeetsSchema).max(200),
  approvals: z.array(templateApprovalSchema).max(60),
  /** SHA-256 over the RFC 8785 form of the template without state, approvals and this digest. */
  digest: digestSchema,
  withdrawnForExisting: z.boolean(),
});
export type Template = z.infer<typeof templateSchema>;

/** What the rule book keeps of a published template. */
export const templateRuleSchema = templateTermsSchema.extend({
  id: nameSchema,
  version: z.int().min(1),
  digest: digestSchema,
  state: z.enum(TEMPLATE_STATES),
  /** Items for which the provider approved RAW. */
  rawApproved: z.array(itemCodeSchema).max(60),
  withdrawnForExisting: z.boolean(),
});
export type TemplateRule = z.infer<typeof templateRuleSchema>;

/** `PRE-LOAN@1`: how a template version is named in keys and in the rule book. */
export function templateKey(template: { readonly id: string; readonly version: number }): string {
  return `${template.id}@${template.version}`;
}

/** The part of a template that letters and decisions read. */
export function templateRuleOf(template: Template): TemplateRule {
  const { id, version, digest, state, withdrawnForExisting, purposes, items, longestPeriodDays, longestRetentionDays, highestFrequency, authority, means } = template;
  const rawApproved = template.approvals.flatMap((approval) => approval.rawApproved);
  return { id, version, digest, state, withdrawnForExisting, rawApproved, purposes, items, longestPeriodDays, longestRetentionDays, highestFrequency, authority, means };
}

/**
 * Refuses a draft that could never make a lawful letter.
 * @throws DomainError item-not-available, template-not-applicable.
 */
export function assertDraftIsLawful(template: Template, catalogue: ReadonlyMap<string, CatalogueItem>): void {
  for (const { code, granularities } of template.items) {
    const item = catalogue.get(code);
    if (item === undefined || item.state === 'WITHDRAWN') throw DomainError.of('item-not-available', `the catalogue has no item ${code}`);
    if (item.class === 'AUTHORIZED_NO_RAW' && granularities.includes('RAW')) {
      throw DomainError.of('template-not-applicable', `item ${code} is AUTHORIZED_NO_RAW: no template may offer it as RAW`);
    }
  }
  assertLettersAreWhole(template, catalogue);
  for (const { item, requirement } of template.meets) {
    if (!catalogue.get(item)?.requirements.some((known) => known.id === requirement)) {
      throw DomainError.of('template-not-applicable', `item ${item} has no requirement ${requirement}`);
    }
  }
}

/** Requirements of the template's items that no clause meets, as `ITEM requirement`. */
export function openRequirements(template: Template, catalogue: ReadonlyMap<string, CatalogueItem>): string[] {
  return template.items.flatMap(({ code }) =>
    (catalogue.get(code)?.requirements ?? [])
      .filter((requirement) => !template.meets.some((met) => met.item === code && met.requirement === requirement.id))
      .map((requirement) => `${code} ${requirement.id}`),
  );
}

/** Providers whose approval a template needs: those of its items that aren't public. */
export function providersConcerned(template: Template, catalogue: ReadonlyMap<string, CatalogueItem>): string[] {
  const items = template.items.map(({ code }) => catalogue.get(code)).filter((item) => item !== undefined && item.class !== 'PUBLIC');
  return [...new Set(items.map((item) => item?.provider ?? ''))].sort();
}

/**
 * The published template.
 * @throws DomainError requirement-open naming the open requirements or missing approvals; state-conflict.
 */
export function publishTemplate(template: Template, catalogue: ReadonlyMap<string, CatalogueItem>): Template {
  if (template.state !== 'DRAFT') throw DomainError.of('state-conflict', `template ${templateKey(template)} is ${template.state}`);
  const open = openRequirements(template, catalogue);
  if (open.length > 0) throw DomainError.of('requirement-open', `requirements that no clause meets: ${open.join(', ')}`);
  const missing = providersConcerned(template, catalogue).filter((provider) => !template.approvals.some((approval) => approval.provider === provider));
  if (missing.length > 0) throw DomainError.of('requirement-open', `approvals that are missing: ${missing.join(', ')}`);
  return { ...template, state: 'PUBLISHED' };
}

/** True when letters of this template may name the item at that granularity. */
export function templateOffers(template: TemplateRule, code: string, granularity: Granularity): boolean {
  return template.items.some((item) => item.code === code && item.granularities.includes(granularity));
}
