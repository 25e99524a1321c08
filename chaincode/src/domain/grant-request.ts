import { z } from 'zod';
import { GRANULARITIES } from './catalogue-item';
import { instantSchema, type Instant } from './instant';
import { idSchema, itemCodeSchema, nameSchema, participantIdSchema } from './primitives';
import { PURPOSES } from './purpose';

/** States of a request: written PENDING, ACCEPTED, DECLINED; LAPSED is derived. */
export const GRANT_REQUEST_STATES = ['PENDING', 'ACCEPTED', 'DECLINED'] as const;

/** A platform asks an enterprise for a grant. */
export const grantRequestSchema = z.strictObject({
  id: idSchema,
  enterprise: idSchema,
  platform: participantIdSchema,
  recipient: participantIdSchema,
  templateId: nameSchema,
  purpose: z.enum(PURPOSES),
  items: z.array(z.strictObject({ code: itemCodeSchema, granularity: z.enum(GRANULARITIES) })).min(1).max(60),
  loanRef: idSchema.optional(),
  state: z.enum(GRANT_REQUEST_STATES),
  until: instantSchema,
  grantId: idSchema.optional(),
});
export type GrantRequest = z.infer<typeof grantRequestSchema>;

/** The state shown at `at`: a pending request whose time is over has LAPSED (逾期未答复). */
export function grantRequestStateAt(request: GrantRequest, at: Instant): (typeof GRANT_REQUEST_STATES)[number] | 'LAPSED' {
  return request.state === 'PENDING' && at >= request.until ? 'LAPSED' : request.state;
}
