import { z } from 'zod';
import { digestSchema, disputeSchema, FINDINGS, idSchema } from '../domain';
import { command } from './command';

/** A dispute filed at the platform, by an enterprise through it or by a recipient; the mark is set at this position. */
export const fileDispute = command(disputeSchema.pick({ id: true, enterprise: true, filedBy: true, platform: true, item: true, batchId: true, releaseId: true, reason: true, textDigest: true }).shape);
/** The platform forwards it to the node, the node opens the provider's review. */
export const forwardDispute = command({ id: idSchema });
export const reviewDispute = command({ id: idSchema });
/** The provider's finding. */
export const resolveDispute = command({ id: idSchema, finding: z.enum(FINDINGS), documentDigest: digestSchema });
/** The node answers in writing, then closes. */
export const answerDispute = command({ id: idSchema, documentDigest: digestSchema });
export const closeDispute = command({ id: idSchema });
