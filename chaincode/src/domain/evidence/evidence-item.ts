import { z } from 'zod';
import { instantSchema } from '../instant';
import { digestSchema, fenSchema, idSchema, participantIdSchema } from '../primitives';
import { releaseIdSchema } from '../release';
import { calendarDateSchema } from './debt-terms';
import { provenanceSchema } from './provenance';

/** What an item is, by the fact that it serves to show. */
export const ITEM_KINDS = [
  'LOAN_CONTRACT',
  'GUARANTEE_CONTRACT',
  'ENFORCEMENT_PROMISE',
  'GUARANTOR_PROMISE',
  'VERIFICATION_AGREEMENT',
  'IDENTITY_OF_CREDITOR',
  'IDENTITY_OF_DEBTOR',
  'APPEARANCE',
  'MANDATE_TO_APPEAR',
  'INQUIRY_RECORD',
  'INFORMATION_GIVEN',
  'DRAW_RECORD',
  'REPAYMENT_RECORD',
  'REPAYMENT_FOUND',
  'COLLECTION_RECORD',
  'EXPENSE_RECORD',
  'ACCELERATION_NOTICE',
  'ENFORCEMENT_APPLICATION',
  'VERIFICATION_RECORD',
  'ARBITRATION_AGREEMENT',
  'CLAIM',
  'OTHER',
] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** In which form an item's original is. */
export const ITEM_FORMS = ['DOCUMENT', 'SCAN', 'RECORDING', 'DATA', 'MESSAGE'] as const;
export type ItemForm = (typeof ITEM_FORMS)[number];

/** Forms whose bytes nobody can guess: only these may go onto the ledger by an unsalted digest. */
export const UNGUESSABLE_FORMS: readonly ItemForm[] = ['SCAN', 'RECORDING'];

/** Bytes of the largest original. */
export const MAX_ITEM_BYTES = 2 * 1024 * 1024 * 1024;

/*
 * An original outside the ledger. SALTED: SHA-256(32-byte salt ‖ the file's bytes), the salt kept with the file; PLAIN: SHA-256 of its bytes, for
 * {@link UNGUESSABLE_FORMS} only.
 */
const fileShape = {
  source: z.literal('FILE'),
  kind: z.enum(ITEM_KINDS),
  form: z.enum(ITEM_FORMS),
  hashing: z.enum(['SALTED', 'PLAIN']),
  digest: digestSchema,
  byteCount: z.int().min(1).max(MAX_ITEM_BYTES),
  provenance: provenanceSchema,
  /** The money that an EXPENSE_RECORD, or a REPAYMENT_FOUND by the notary's verification, shows. */
  figure: z.strictObject({ on: calendarDateSchema, amountFen: fenSchema.min(1) }).optional(),
};

const fileItemSchema = z
  .strictObject(fileShape)
  .refine(({ hashing, form }) => hashing === 'SALTED' || UNGUESSABLE_FORMS.includes(form), { message: 'only scans and recordings may be digested without a salt: others can be guessed', path: ['hashing'] })
  .refine(({ kind, figure }) => (figure !== undefined) === (kind === 'EXPENSE_RECORD' || kind === 'REPAYMENT_FOUND'), { message: 'an expense and a repayment found state their figure, and nothing else does', path: ['figure'] });

/** A record of the ledger, by reference. A loan's event and a grant are meant at a version. */
export const ledgerLinkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('RELEASE'), id: releaseIdSchema }),
  z.strictObject({ kind: z.literal('GRANT'), id: idSchema, version: z.int().min(1) }),
  z.strictObject({ kind: z.literal('LOAN_EVENT'), id: idSchema, version: z.int().min(1) }),
  z.strictObject({ kind: z.literal('VOLUME'), id: idSchema, number: z.int().min(1) }),
]);
export type LedgerLink = z.infer<typeof ledgerLinkSchema>;

/** An item as a party hands it in: a link brings no digest, the contract takes it from what it links to. */
export const offeredItemSchema = z.union([fileItemSchema, z.strictObject({ source: z.literal('LEDGER'), link: ledgerLinkSchema })]).meta({ description: 'A file by its digest and provenance, or a record of the ledger by reference' });
export type OfferedItem = z.infer<typeof offeredItemSchema>;

const added = { addedBy: participantIdSchema, addedAt: instantSchema };

/** An item in its volume; its number is its place, from 1. A link's digest is SHA-256 over the RFC 8785 form of what it links to, a volume's the one that its sealing fixed. */
export const evidenceItemSchema = z.discriminatedUnion('source', [
  z.strictObject({ ...fileShape, ...added }),
  z.strictObject({ source: z.literal('LEDGER'), link: ledgerLinkSchema, digest: digestSchema, ...added }),
]);
export type EvidenceItem = z.infer<typeof evidenceItemSchema>;
