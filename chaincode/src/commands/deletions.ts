import { z } from 'zod';
import { DELETION_RESULTS, digestSchema, idSchema, reasonCodeSchema, releaseIdSchema } from '../domain';
import { command } from './command';

/** Node or platform ask the recipient of a release to delete what it got under the grant, up to and including that release. */
export const askForDeletion = command({ releaseId: releaseIdSchema });
/** The recipient attests (删除回执). */
export const attestDeletionOf = command({ id: idSchema, result: z.enum(DELETION_RESULTS), reason: reasonCodeSchema.optional(), documentDigest: digestSchema });
