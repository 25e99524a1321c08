import { z } from 'zod';
import {
  CERTIFICATE_KINDS,
  debtTermsSchema,
  digestSchema,
  enforcementRequestSchema,
  evidenceCaseSchema,
  calendarDateSchema,
  fenSchema,
  handoverReceiptSchema,
  idSchema,
  MAX_ADDED_ITEMS,
  offeredItemSchema,
  participantIdSchema,
  participantSignatureSchema,
  reasonCodeSchema,
  VOLUME_SUBJECTS,
} from '../domain';
import { command } from './command';

const about = { id: idSchema };
const documented = { ...about, documentDigest: digestSchema };
const volume = z.int().min(1);

/** A party opens a case; of the notarial kinds it names the notary. */
export const openCase = command(evidenceCaseSchema.pick({ id: true, kind: true, party: true, enterprise: true, platform: true, recipient: true, authority: true, loanRef: true, terms: true }).shape);
/** The party states the terms of the debt, until the deed is issued. */
export const setDebtTerms = command({ ...about, terms: debtTermsSchema });
/** Party or authority open a volume of their own side, put items in, and seal it by the digest of what they saw. */
export const openVolume = command({ ...about, subject: z.enum(VOLUME_SUBJECTS) });
export const addEvidenceItems = command({ ...about, volume, items: z.array(offeredItemSchema).min(1).max(MAX_ADDED_ITEMS) });
export const sealEvidenceVolume = command({ ...about, volume, digest: digestSchema });

/** The party applies; the notary accepts, rejects, issues the deed. */
export const submitCase = command(about);
export const acceptCase = command(documented);
export const rejectCase = command({ ...documented, reason: reasonCodeSchema });
export const notarizeCase = command(documented);
/** The debt was paid. */
export const dischargeCase = command(documented);
/** After default the creditor asks for a certificate of enforcement, says whether all was called due, and which expenses it claims. */
export const requestEnforcement = command({ ...documented, ...enforcementRequestSchema.pick({ accelerated: true, expenses: true }).shape });
/** The notary verifies in the agreed way, then certifies the sum, which must be the one that the ledger computes, or refuses. */
export const verifyPerformance = command(about);
export const certifyEnforcement = command({ ...documented, totalFen: fenSchema, applyBefore: calendarDateSchema });
export const refuseEnforcement = command({ ...documented, reason: reasonCodeSchema, litigationId: idSchema });
/** The creditor filed with a court. */
export const fileEnforcement = command({ ...documented, court: participantIdSchema });
/** The notary corrects or annuls a paper of its own. */
export const correctCertificate = command({ ...documented, certificate: z.enum(CERTIFICATE_KINDS), reason: reasonCodeSchema });
export const annulCertificate = correctCertificate;

/** Arbitration and litigation: the party seals the case and hands its volumes over; who received confirms, and closes. */
export const sealCase = command(about);
export const handOverCase = command({ ...about, authority: participantIdSchema, packageDigest: digestSchema });
/** The authority itself, or the node with the receipt that the authority signed. */
export const receiveCase = command({ ...about, receipt: z.strictObject({ statement: handoverReceiptSchema, proof: participantSignatureSchema }).optional() });
export const closeCase = command(documented);

/** A report of use is asked for: its making is an event about the enterprise. */
export const reportUsage = command({ id: idSchema, enterprise: idSchema });
