import { z } from 'zod';
import { catalogueItemSchema, digestSchema, ITEM_STATES, itemCodeSchema, nameSchema, requirementSchema, templateSchema } from '../domain';
import { command } from './command';

const content = catalogueItemSchema.omit({ version: true, coveredSince: true, state: true, requirements: true, noTradeSecretDigest: true });

/** The node imports the list (清单) or new versions of its items; `noWider` says that letters for the former version cover the new one. */
export const putItems = command({
  items: z.array(content.extend({ noWider: z.boolean(), connected: z.boolean() })).min(1).max(100),
  documentDigest: digestSchema,
});
/** The node records that an item was connected, interrupted or withdrawn. */
export const moveItemTo = command({ code: itemCodeSchema, to: z.enum(ITEM_STATES).exclude(['PLANNED']), documentDigest: digestSchema });
/** A provider publishes what letters naming its item must say. */
export const publishRequirements = command({ code: itemCodeSchema, requirements: z.array(requirementSchema).max(20) });
/** A provider states that its EXPLORATORY item contains no trade secret. */
export const stateNoTradeSecret = command({ code: itemCodeSchema, documentDigest: digestSchema });

/** The node drafts a template version. */
export const draftTemplate = command({ template: templateSchema.omit({ state: true, approvals: true, digest: true, withdrawnForExisting: true, version: true }) });
/** A provider approves a template for its items, naming those whose RAW it approves. */
export const approveTemplate = command({ id: nameSchema, version: z.int().min(1), digest: digestSchema, rawApproved: z.array(itemCodeSchema).max(60) });
/** The node publishes or withdraws a template version. */
export const publishTemplateVersion = command({ id: nameSchema, version: z.int().min(1) });
export const withdrawTemplate = command({ id: nameSchema, version: z.int().min(1), forExisting: z.boolean(), documentDigest: digestSchema });
