import { decodeVerifierKey, idSchema, LogFormatError, NOTE_KEY_TYPES, participantIdSchema, type NoteKey } from '@kesu/chaincode/domain';
import { z } from 'zod';
import { derOfPem, parseCertificate, type Certificate } from './certificate';
import { ensure, VerificationFailure } from './failure';
import { MAX_TRUST_BYTES } from './limits';
import type { TimestampAuthority } from './timestamp';

/** The form of a trust file. */
export const TRUST_FORMAT = 'kesu-trust-1';

const pem = z.string().min(1).max(16_384);
const mspId = z.string().max(64);

/** What a notary trusts, got another way than the bundle: docs/formats/trust-file.md. */
export const trustFileSchema = z.strictObject({
  format: z.literal(TRUST_FORMAT),
  /** The ledger's random id. */
  network: idSchema,
  log: z.strictObject({ keys: z.array(z.string().max(300)).min(1).max(10) }),
  /** How many of the cosigners must have signed a checkpoint. */
  cosigners: z.strictObject({ threshold: z.int().min(1).max(64), keys: z.array(z.string().max(300)).min(1).max(64) }),
  /** By MSP id: root certificates, and the newest revocation list where there is one. */
  organisations: z.record(mspId, z.strictObject({ roots: z.array(pem).min(1).max(5), revocationList: z.string().max(MAX_TRUST_BYTES).exactOptional() })),
  /** Of a ledger on Fabric: its channel and chaincode, whose orderers sign blocks, and how many of which organisations' peers must endorse. */
  fabric: z
    .strictObject({
      channel: z.string().min(1).max(250),
      chaincode: z.string().min(1).max(100),
      orderers: z.record(mspId, z.strictObject({ roots: z.array(pem).min(1).max(5) })),
      endorsement: z.strictObject({ required: z.int().min(1).max(64), organisations: z.array(mspId).min(1).max(64) }),
    })
    .exactOptional(),
  /** Which participants may issue evidence, and whose certificates they have. */
  issuers: z.array(z.strictObject({ participant: participantIdSchema, mspId })).min(1).max(100),
  timestampAuthorities: z.array(z.strictObject({ name: z.string().min(1).max(200), development: z.boolean(), roots: z.array(pem).min(1).max(5) })).max(20),
  /** Roots of SM2 seals. */
  sm2Roots: z.array(pem).max(10).exactOptional(),
  /** Who runs the ledger: whether one of them is a party is asked by 人民法院在线诉讼规则 art. 17(2). */
  operators: z.array(participantIdSchema).min(1).max(100),
  /** 境内区块链信息服务备案 number, as its operator states it (art. 17). */
  filingNumber: z.string().min(1).max(100).exactOptional(),
});

/** See {@link trustFileSchema}. */
export type TrustFile = z.infer<typeof trustFileSchema>;

/** A trust file with its keys and certificates read. */
export interface Trust {
  readonly file: TrustFile;
  readonly logKeys: readonly NoteKey[];
  readonly cosignerKeys: readonly NoteKey[];
  readonly organisations: ReadonlyMap<string, { readonly roots: readonly Certificate[]; readonly revocationList: Uint8Array | undefined }>;
  /** The organisations whose orderers sign blocks: none unless the ledger is on Fabric. */
  readonly orderers: ReadonlyMap<string, { readonly roots: readonly Certificate[] }>;
  readonly timestampAuthorities: readonly TimestampAuthority[];
  readonly sm2Roots: readonly Certificate[];
}

/** A trust file from its text. @throws VerificationFailure trust-malformed. */
export function readTrust(text: string): Trust {
  ensure(text.length <= MAX_TRUST_BYTES, 'trust-malformed', `a trust file has at most ${MAX_TRUST_BYTES} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new VerificationFailure('trust-malformed', 'the trust file is not JSON');
  }
  const parsed = trustFileSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new VerificationFailure('trust-malformed', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as its schema says'}`);
  }
  return readParts(parsed.data);
}

function readParts(file: TrustFile): Trust {
  try {
    const cosignerKeys = file.cosigners.keys.map((key) => keyOf(key, NOTE_KEY_TYPES.cosignature));
    ensure(new Set(cosignerKeys.map(({ publicKey }) => publicKey.join())).size === cosignerKeys.length && file.cosigners.threshold <= cosignerKeys.length, 'trust-malformed', 'cosigners have a key each, and the threshold is at most their number');
    const { required, organisations } = file.fabric?.endorsement ?? { required: 0, organisations: [] };
    ensure(new Set(organisations).size === organisations.length && required <= organisations.length, 'trust-malformed', 'organisations that endorse stand once each, and at most as many are required');
    return {
      file,
      logKeys: file.log.keys.map((key) => keyOf(key, NOTE_KEY_TYPES.ed25519)),
      cosignerKeys,
      organisations: new Map(Object.entries(file.organisations).map(([mspId, { roots, revocationList }]) => [mspId, { roots: roots.map(certificateOf), revocationList: revocationList === undefined ? undefined : derOfPem(revocationList, 'trust-malformed') }])),
      orderers: new Map(Object.entries(file.fabric?.orderers ?? {}).map(([mspId, { roots }]) => [mspId, { roots: roots.map(certificateOf) }])),
      timestampAuthorities: file.timestampAuthorities.map(({ name, development, roots }) => ({ name, development, roots: roots.map(certificateOf) })),
      sm2Roots: (file.sm2Roots ?? []).map(certificateOf),
    };
  } catch (error) {
    if (error instanceof VerificationFailure) throw new VerificationFailure('trust-malformed', error.detail);
    throw error;
  }
}

function certificateOf(text: string): Certificate {
  return parseCertificate(derOfPem(text, 'trust-malformed'));
}

function keyOf(text: string, type: NoteKey['type']): NoteKey {
  try {
    const key = decodeVerifierKey(text);
    ensure(key.type === type, 'trust-malformed', `${key.name} is a key for something else`);
    return key;
  } catch (error) {
    if (error instanceof LogFormatError) throw new VerificationFailure('trust-malformed', error.detail);
    throw error;
  }
}
