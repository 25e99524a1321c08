import { z } from 'zod';
import { GRANULARITIES } from './catalogue-item';
import { GRANT_STATES, grantSchema, type Grant } from './grant';
import { instantSchema, shanghaiDate, type Instant } from './instant';
import { loggedFactSchema, MAX_NOTE_BYTES, type LogLeaf } from './log';
import { nameAt, type Participant } from './participant';
import { digestSchema, idSchema, saltSchema } from './primitives';
import { PURPOSES } from './purpose';
import { signatureProofSchema, signedEnvelopeSchema } from './signature';
import { ANY_RECIPIENT, identitySchema, statementSchema, type LetterItem } from './statement';
import { PURPOSE_WORDS, type Words } from './words';

/** The form of a consent receipt: docs/formats/consent-receipt.md. */
export const CONSENT_RECEIPT_FORMAT = 'kesu-consent-receipt-1';

/** Most facts of a receipt: a grant's transitions, and the records that they rest on. */
export const MAX_RECEIPT_FACTS = 500;

const wordsSchema = z.strictObject({ zh: z.string(), en: z.string() });

/**
 * A consent record in the terms of ISO/IEC TS 27560:2023, clause 6, as far as they fit: what it calls PII is here also what is about a firm.
 * It follows from the ledger's events, so that a reader makes it again.
 */
export const consentRecordSchema = z.strictObject({
  recordMetadata: z.strictObject({ schemaVersion: z.literal('ISO/IEC TS 27560:2023'), recordId: idSchema, piiPrincipalId: idSchema }),
  piiProcessing: z.strictObject({
    privacyNotice: z.strictObject({ template: z.string(), digest: digestSchema }),
    languages: z.array(z.enum(['zh', 'en'])),
    purposes: z.array(
      z.strictObject({
        purpose: z.enum(PURPOSES),
        purposeWords: wordsSchema,
        purposeType: z.literal('financing support'),
        lawfulBasis: z.literal('consent'),
        piiInformation: z.array(z.strictObject({ piiType: z.string(), name: wordsSchema, version: z.int().min(1), granularity: z.enum(GRANULARITIES), separateConsent: z.boolean() })),
        piiControllers: z.array(z.string()),
        recipientThirdParties: z.array(z.string()),
        collectionMethod: z.literal('from the providers of the items, through the provincial node'),
        retentionPeriod: z.string(),
        jurisdiction: z.literal('CN'),
        withdrawalMethod: z.literal('a signed statement of revocation, brought by any participant'),
      }),
    ),
  }),
  partyIdentification: z.array(z.strictObject({ partyId: z.string(), partyRole: z.enum(['PII principal', 'PII controller', 'recipient', 'conduit']), partyName: wordsSchema.exactOptional() })),
  events: z.array(z.strictObject({ eventTime: instantSchema, eventType: z.enum(['explicit', 'withdrawal', 'suspension', 'resumption', 'replacement']), eventState: z.enum(GRANT_STATES), entityId: z.string(), validity: z.strictObject({ from: instantSchema, until: instantSchema }), position: z.string() })),
});
export type ConsentRecord = z.infer<typeof consentRecordSchema>;

const letterTextSchema = z.strictObject({ title: z.string(), text: z.string() });
const countSchema = z.int().min(0);

/** A consent receipt: what the gateway answers, with the facts and the checkpoint that prove it alone. */
export const consentReceiptSchema = z.strictObject({
  format: z.literal(CONSENT_RECEIPT_FORMAT),
  network: idSchema,
  /** The grant as it was last written, and where it was given. */
  grant: grantSchema,
  position: z.strictObject({ block: countSchema, index: countSchema, item: countSchema, txId: digestSchema }),
  claimedTime: instantSchema,
  signed: z.strictObject({ statement: statementSchema, envelope: signedEnvelopeSchema, signatures: z.array(signatureProofSchema) }),
  /** The state shown at `asOf`, derived; the gateway's word. */
  status: z.strictObject({ state: z.string(), reason: z.string().exactOptional(), at: instantSchema }),
  asOf: z.strictObject({ block: countSchema, hash: digestSchema, time: instantSchema }),
  identity: identitySchema.exactOptional(),
  identitySalt: saltSchema.exactOptional(),
  letter: z.strictObject({ zh: letterTextSchema, en: letterTextSchema }).exactOptional(),
  consent: consentRecordSchema,
  /** Where the receipt is looked up. */
  lookup: z.url().max(400).exactOptional(),
  demonstration: z.boolean(),
  proof: z.strictObject({ checkpoint: z.string().max(MAX_NOTE_BYTES), facts: z.array(loggedFactSchema).min(1).max(MAX_RECEIPT_FACTS) }),
});
export type ConsentReceipt = z.infer<typeof consentReceiptSchema>;

/** One event of a grant's life with its leaf. */
export interface GrantStep {
  readonly record: Grant;
  readonly action: string;
  readonly actor: string;
  /** Whether the enterprise signed it: a suspension after a reported loss of a key is a participant's. */
  readonly isSigned: boolean;
  readonly leaf: Pick<LogLeaf, 'position' | 'claimedTime'>;
}

/** What names are taken from; what isn't named is shown by its id. */
export interface ConsentNames {
  participant(id: string): Participant | undefined;
  item(code: string): Words | undefined;
}

const EVENT_TYPES: Readonly<Record<string, ConsentRecord['events'][number]['eventType']>> = { grant: 'explicit', revoke: 'withdrawal', suspend: 'suspension', resume: 'resumption', supersede: 'replacement' };

/**
 * The consent record of a grant's life.
 * @param life every event of the grant, the giving first.
 * @param templateDigest the digest that the letter names.
 */
export function consentRecordOf(life: readonly GrantStep[], templateDigest: string, names: ConsentNames): ConsentRecord {
  const [given] = life;
  if (given === undefined) throw new TypeError('a consent has a beginning');
  const { record } = given;
  return {
    recordMetadata: { schemaVersion: 'ISO/IEC TS 27560:2023', recordId: record.id, piiPrincipalId: record.enterprise },
    piiProcessing: { privacyNotice: { template: record.template, digest: templateDigest }, languages: ['zh', 'en'], purposes: [purposeOf(record, names)] },
    partyIdentification: partiesOf(record, names, record.givenAt),
    events: life.map(({ record: { state, from, until, enterprise }, action, actor, isSigned, leaf: { position, claimedTime } }) => ({
      eventTime: claimedTime,
      eventType: EVENT_TYPES[action] ?? 'replacement',
      eventState: state,
      // Superseding rests on the letter that supersedes, which the enterprise signed.
      entityId: isSigned || action === 'supersede' ? enterprise : actor,
      validity: { from, until },
      position: `${position.block}.${position.index}.${position.item}`,
    })),
  };
}

function purposeOf({ purpose, items, platform, recipient, retentionDays }: Grant, names: ConsentNames): ConsentRecord['piiProcessing']['purposes'][number] {
  return {
    purpose,
    purposeWords: PURPOSE_WORDS[purpose],
    purposeType: 'financing support',
    lawfulBasis: 'consent',
    piiInformation: items.map(({ code, version, granularity, separateConsent }: LetterItem) => ({ piiType: code, name: names.item(code) ?? { zh: code, en: code }, version, granularity, separateConsent })),
    piiControllers: [platform],
    recipientThirdParties: [recipient],
    collectionMethod: 'from the providers of the items, through the provincial node',
    retentionPeriod: `P${retentionDays}D`,
    jurisdiction: 'CN',
    withdrawalMethod: 'a signed statement of revocation, brought by any participant',
  };
}

function partiesOf({ enterprise, platform, recipient, conduit }: Grant, names: ConsentNames, at: Instant): ConsentRecord['partyIdentification'] {
  const party = (partyId: string, partyRole: ConsentRecord['partyIdentification'][number]['partyRole']) => {
    const known = names.participant(partyId);
    return { partyId, partyRole, ...(known === undefined ? {} : { partyName: nameAt(known, shanghaiDate(at)) }) };
  };
  return [
    { partyId: enterprise, partyRole: 'PII principal' },
    party(platform, 'PII controller'),
    ...(recipient === ANY_RECIPIENT ? [{ partyId: recipient, partyRole: 'recipient' as const }] : [party(recipient, 'recipient')]),
    ...(conduit === undefined ? [] : [party(conduit, 'conduit')]),
  ];
}
