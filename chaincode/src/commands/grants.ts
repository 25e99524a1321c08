import { z } from 'zod';
import { grantRequestSchema, idSchema, letterSchema, reasonCodeSchema, signatureProofSchema, signedEnvelopeSchema, transitionSchema } from '../domain';
import { command } from './command';

/** A platform asks an enterprise for a grant. */
export const openGrantRequest = command(grantRequestSchema.omit({ state: true, grantId: true, platform: true }).shape);
/** A platform records that the enterprise declined. */
export const declineGrantRequest = command({ id: idSchema });

const signed = {
  envelope: signedEnvelopeSchema,
  /** Signatures over the same bytes: several capacities may be needed together. */
  signatures: z.array(signatureProofSchema).min(1).max(4),
};

/** A signed set of letters becomes as many grants. Any admitted participant may carry it. */
export const submitLetters = command({ ...signed, statements: z.array(letterSchema).min(1).max(20), requestId: idSchema.optional() });
/** A signed set of transitions. The signature is the authority, not the carrier. */
export const submitTransitions = command({ ...signed, statements: z.array(transitionSchema).min(1).max(20) });
/** On a reported loss of a key platform or node may suspend; only the enterprise's signature resumes. */
export const suspendForLoss = command({ grantId: idSchema, keyId: idSchema, reason: reasonCodeSchema });
