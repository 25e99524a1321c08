import { z } from 'zod';
import { fromBase64url } from './bytes';
import { looksLikePersonalNumber } from './personal-number';

/** What a refusal of a text says that {@link looksLikePersonalNumber} (I16). */
export const PERSONAL_NUMBER_FAULT = 'looks like a credit code, a resident id or a phone number, none of which may stand on the ledger';

/** The form of a 128-bit id. */
export const ID_FORM = /^[0-9a-f]{32}$/;

/** A random 128-bit id: 32 lower-case hex digits. */
export const idSchema = z.string().regex(ID_FORM, 'not 32 lower-case hex digits').meta({ description: '128-bit id, lower-case hex' });

/** A SHA-256 or SM3 digest: 64 lower-case hex digits. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'not 64 lower-case hex digits').meta({ description: '256-bit digest, lower-case hex' });

/** The form of a participant's id. */
export const PARTICIPANT_ID_FORM = /^(?!constructor$)[a-z][a-z0-9-]{1,62}$/;

/** A participant's id: a short ASCII name such as `qinxinrong`; it names members of plain objects, hence not `constructor`. */
export const participantIdSchema = z
  .string()
  .regex(PARTICIPANT_ID_FORM, 'not a participant id (lower-case letters, digits, hyphens)')
  .meta({ description: "a participant's id", example: 'qinxinrong' });

/** The form of a catalogue item's code. */
export const ITEM_CODE_FORM = /^[A-Z]{2,5}-\d{2}[A-Z]?$/;

/** A catalogue item's code, e.g. `TAX-02`. */
export const itemCodeSchema = z.string().regex(ITEM_CODE_FORM, 'not an item code such as TAX-02').meta({ description: 'catalogue item code', example: 'TAX-02' });

/** A name given by the node, such as a template's: upper-case ASCII. */
export const nameSchema = z.string().regex(/^[A-Z][A-Z0-9_-]{1,39}$/, 'not an upper-case name').refine((text) => !looksLikePersonalNumber(text), PERSONAL_NUMBER_FAULT);

/** A calendar month, `2026-03`. */
export const monthSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'not a month such as 2026-03').meta({ description: 'calendar month', example: '2026-03' });

/** Months from and to, both inclusive. */
export const monthRangeSchema = z
  .strictObject({ from: monthSchema, to: monthSchema })
  .refine((range) => range.from <= range.to, 'from lies after to');

/** A calendar date, `2026-03-01`. */
export const dateSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'not a date such as 2026-03-01');

/** Bytes as base64url without padding, `min` to `max` bytes long. */
export function bytesSchema(min: number, max: number): z.ZodString {
  return z
    .string()
    .max(Math.ceil((max * 4) / 3))
    .refine((text) => {
      const bytes = fromBase64url(text);
      return bytes !== undefined && bytes.length >= min && bytes.length <= max;
    }, `not base64url without padding of ${min === max ? min : `${min} to ${max}`} bytes`);
}

/** 32 random bytes that make a digest unsearchable. */
export const saltSchema = bytesSchema(32, 32).meta({ description: '32 random bytes, base64url without padding' });

/** A public key: SPKI DER, base64url without padding. */
export const publicKeySchema = bytesSchema(80, 160).meta({ description: 'SPKI DER, base64url without padding' });

/** A 64-byte signature r‖s, base64url without padding. */
export const signatureSchema = bytesSchema(64, 64).meta({ description: '64-byte signature r‖s, base64url without padding' });

/** An amount of money in fen: an integer from 0 to 10^15. */
export const fenSchema = z.int().min(0).max(1_000_000_000_000_000);

/** A reason is a code, never free text: free text on the ledger would carry names (I16). */
export const reasonCodeSchema = z.string().regex(/^[a-z][a-z0-9-]{2,47}$/, 'not a reason code (lower-case words with hyphens)').refine((text) => !looksLikePersonalNumber(text), PERSONAL_NUMBER_FAULT).meta({ description: 'a reason as a code, never free text', example: 'loan-application-withdrawn' });

/** A person's pseudonym within one enterprise or institution: never a name, a phone number or an id. */
export const pseudonymSchema = idSchema;

/** A whole number of days. */
export const daysSchema = z.int().min(1).max(36_500);
