import { z } from 'zod';
import {
  ASSESSMENT_KINDS,
  CONNECTIONS,
  datedNameSchema,
  digestSchema,
  instantSchema,
  logKeySchema,
  PARTICIPANT_ROLES,
  participantIdSchema,
  participantSchema,
  policySchema,
  publicKeySchema,
  PURPOSES,
  purposeRuleSchema,
  idSchema,
  reasonCodeSchema,
  signatureSchema,
} from '../domain';
import { command } from './command';

const mspId = participantSchema.shape.mspId;
const described = {
  id: participantIdSchema,
  names: z.array(datedNameSchema).min(1).max(20),
  mspId,
  regions: participantSchema.shape.regions,
  documentDigest: digestSchema,
};

/** The ledger's first transaction: network id, node, organisations, policy. Only once, only by the node's organisation. */
export const foundLedger = command({
  network: idSchema,
  node: z.strictObject({ id: participantIdSchema, names: described.names }),
  organisations: z.array(mspId).min(1).max(100),
  policy: policySchema,
  purposes: z.record(z.enum(PURPOSES), purposeRuleSchema),
  documentDigest: digestSchema,
});

/** The node changes the policy or a purpose's caps. */
export const setPolicy = command({ policy: policySchema, documentDigest: digestSchema });
export const setPurpose = command({ purpose: z.enum(PURPOSES), rule: purposeRuleSchema, documentDigest: digestSchema });

/** A platform applies for admission, with its own certificate. */
export const applyAsPlatform = command(described);
/** The node records an assessment of a platform. */
export const assess = command({
  id: participantIdSchema,
  kind: z.enum(ASSESSMENT_KINDS),
  assessor: participantIdSchema,
  until: instantSchema,
  documentDigest: digestSchema,
});
/** The node admits a platform after both assessments; the technical one says how it connects. */
export const admitPlatform = command({
  id: participantIdSchema,
  connectVia: z.enum(CONNECTIONS),
  /** Why a platform is admitted in a region that 秦信融 already serves (任务 3). */
  regionReason: reasonCodeSchema.optional(),
  documentDigest: digestSchema,
});
/** A platform admits an institution; the node then confirms it, and only then does it count. */
export const admitRecipient = command({ ...described, kind: participantSchema.shape.kind.unwrap(), securityPolicyDigest: digestSchema });
export const confirmRecipient = command({ id: participantIdSchema, documentDigest: digestSchema });
/** The node appoints a provider, regulator, auditor, notary, arbitrator or court. */
export const appoint = command({ ...described, role: z.enum(PARTICIPANT_ROLES).exclude(['provincialNode', 'platform', 'recipient']) });
/** The node suspends, resumes or lets go a participant; a regulator's order is the document. */
export const suspendParticipant = command({ id: participantIdSchema, reason: reasonCodeSchema, documentDigest: digestSchema });
export const resumeParticipant = suspendParticipant;
export const exitParticipant = command({ id: participantIdSchema, reason: reasonCodeSchema, documentDigest: digestSchema, successor: participantIdSchema.optional() });
/** The node records a new name from a date on. */
export const renameParticipant = command({ id: participantIdSchema, name: datedNameSchema, documentDigest: digestSchema });
/** A participant registers a key for requests, answers or batches, with its own certificate; `replaces` ends another. */
export const registerParticipantKey = command({ publicKey: publicKeySchema, replaces: idSchema.optional() });
/** A participant introduces its Ed25519 key of the log with its own certificate; `proof` is that key's signature over `logKeyIntroduction`. */
export const introduceParticipantLogKey = command({ use: logKeySchema.shape.use, publicKey: logKeySchema.shape.publicKey, proof: signatureSchema });
