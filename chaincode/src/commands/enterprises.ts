import { z } from 'zod';
import { digestSchema, ENTERPRISE_STATES, enterpriseSchema, idSchema, LOAN_STATES, loanSchema, mandateStatementSchema, pseudonymSchema, reasonCodeSchema, registrationSchema, signatureProofSchema, signedEnvelopeSchema, signingKeySchema } from '../domain';
import { command } from './command';

/** What a change of the registry rests on: a registry batch or a court's document. */
const registry = { ref: idSchema, documentDigest: digestSchema };

/** A platform registers an enterprise that it identified; a further platform may serve it only by the enterprise's signature. */
export const registerEnterprise = command(enterpriseSchema.omit({ state: true, platforms: true, representativeSince: true, successor: true, marks: true, version: true }).shape);
export const joinPlatform = command({
  envelope: signedEnvelopeSchema,
  statements: z.array(registrationSchema).min(1).max(20),
  signatures: z.array(signatureProofSchema).min(1).max(4),
});
/** The node records what the registry shows. */
export const moveEnterpriseTo = command({ ...registry, to: z.enum(ENTERPRISE_STATES) });
export const changeRepresentative = command({ ...registry, representative: pseudonymSchema });
export const linkSuccessor = command({ ...registry, successor: idSchema });

/** A platform that verified the identity registers a signing key. */
export const registerKey = command({
  ref: idSchema,
  key: signingKeySchema.omit({ keyId: true, registeredBy: true, state: true, noticeAt: true, from: true, endedAt: true }),
});
/** The node says that the notice of a replacement went out; then, after the wait, confirms the key. */
export const recordKeyNotice = command({ ref: idSchema, keyId: idSchema });
export const confirmSigningKey = command({ ref: idSchema, keyId: idSchema });
/** Platform or node record the objection of the person whom the registry names. */
export const objectToKey = command({ ref: idSchema, keyId: idSchema, evidenceDigest: digestSchema });
/** Platform or node record a loss; the key stops signing and can't be revived. */
export const reportKeyLost = command({ ref: idSchema, keyId: idSchema });
export const endKey = command({ ref: idSchema, keyId: idSchema, reason: reasonCodeSchema });
/** A mandate, given or revoked by statements that the legal representative signed. Any participant may carry it. */
export const submitMandates = command({
  envelope: signedEnvelopeSchema,
  statements: z.array(mandateStatementSchema).min(1).max(20),
  signatures: z.array(signatureProofSchema).min(1).max(4),
});

/** A recipient, or its platform, opens a loan and reports its life. */
export const openLoan = command(loanSchema.pick({ ref: true, enterprise: true, recipient: true, platform: true, product: true, amountFen: true }).shape);
export const advanceLoan = command({ ref: idSchema, to: z.enum(LOAN_STATES).exclude(['APPLIED']), amountFen: loanSchema.shape.amountFen, repaidFen: loanSchema.shape.repaidFen });
