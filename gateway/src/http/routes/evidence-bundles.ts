import { digestSchema, idSchema, instantSchema } from '@kesu/chaincode/domain';
import { ASIC_MIMETYPE, trustFileSchema } from '@kesu/verifier';
import { z } from 'zod';
import type { SealedBundle } from '../../evidence/case-bundles';
import { TimestampError } from '../../evidence/timestamp-client';
import { GatewayError } from '../../gateway-error';
import { fileAnswer } from '../file-answer';
import { route, type Actor, type HttpParts, type Route, type WrittenAnswer } from '../route';
import { notFound } from '../visibility';
import { seenCase } from './evidence-cases';
import { whileFollowing } from './log';
import { idParams } from './shared';

const tag = 'evidence cases';
/** Who reads a bundle: it names who signed, so that those who see metadata only (supervision, audit) don't. */
const READERS: readonly Actor[] = ['enterprise', 'recipient', 'platform', 'notary', 'arbitrator', 'court', 'provincialNode'];

const bundleSchema = z.strictObject({
  id: idSchema,
  caseId: idSchema,
  volume: z.int().min(1),
  sealedAt: instantSchema,
  digest: digestSchema.meta({ description: 'SHA-256 over the file' }),
  contentDigest: digestSchema.meta({ description: 'What the printed summary names: SHA-256 over the manifest without the summaries' }),
  byteCount: z.int().min(1),
  address: z.string(),
});
const FILE = { description: 'The bundle; `Repr-Digest` is SHA-256 over it (RFC 9530), `Content-Location` its own address', mediaTypes: [ASIC_MIMETYPE] };

function bundlesOf({ options: { evidence } }: HttpParts) {
  if (evidence?.bundles === undefined) throw GatewayError.of('not-ready', 'this gateway seals no evidence: it publishes no log, or knows no timestamp authority');
  return evidence.bundles;
}

function addressOf({ caseId, id }: Pick<SealedBundle, 'caseId' | 'id'>): string {
  return `/v1/evidence-cases/${caseId}/bundles/${id}`;
}

function shown(bundle: SealedBundle) {
  const { parts: _parts, ...told } = bundle;
  return { ...told, address: addressOf(bundle) };
}

/** Streams a bundle. @throws GatewayError not-found for none. */
async function file(parts: HttpParts, bundle: SealedBundle | undefined): Promise<WrittenAnswer> {
  if (bundle === undefined) throw notFound();
  const bytes = await bundlesOf(parts).bytesOf(bundle);
  return fileAnswer(bytes, { mediaType: ASIC_MIMETYPE, name: `kesu-${bundle.id}.asice`, digest: bundle.digest, address: addressOf(bundle) });
}

async function whileStamping<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await whileFollowing(act);
  } catch (error) {
    if (error instanceof TimestampError) throw GatewayError.of('not-ready', 'no timestamp authority answers', { retryAfterSeconds: 60, cause: error });
    throw error;
  }
}

/** Sealed bundles of cases (docs/formats/evidence-bundle.md), and what they may be verified with. */
export const evidenceBundleRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/evidence-cases/{id}/bundle',
    tag,
    id: 'sealEvidenceBundle',
    summary: 'Seal the case’s evidence as one file that a notary verifies alone',
    description: 'There is one bundle for each volume that was sealed last: asked again, also with another `Idempotency-Key`, it answers the same. What happened in the case after shows in the bundle behind the next sealed volume.',
    actors: ['recipient', 'platform', 'notary', 'arbitrator', 'court', 'provincialNode'],
    params: idParams,
    body: z.strictObject({}),
    changes: true,
    answers: { 201: { description: 'Sealed and kept; `Location` is its address', schema: bundleSchema } },
    handle: async (call) => {
      seenCase(call, call.params.id);
      const body = shown(await whileStamping(() => bundlesOf(call.parts).seal(call.params.id)));
      return { status: 201, body, headers: { location: body.address } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/bundle',
    tag,
    id: 'readEvidenceBundle',
    summary: 'The newest sealed bundle of a case',
    description: 'It holds who signed the letters in it, so that supervision and audit, who see metadata only, don’t read it.',
    actors: READERS,
    params: idParams,
    answers: { 200: FILE },
    handle: async (call) => {
      seenCase(call, call.params.id);
      const [newest] = await bundlesOf(call.parts).list(call.params.id);
      return file(call.parts, newest);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/bundles',
    tag,
    id: 'listEvidenceBundles',
    summary: 'Every sealed bundle of a case, newest first',
    actors: [...READERS, 'regulator', 'auditor'],
    params: idParams,
    answers: { 200: { description: 'What they are of, and their digests', schema: z.strictObject({ entries: z.array(bundleSchema) }) } },
    handle: async (call) => {
      seenCase(call, call.params.id);
      return { status: 200, body: { entries: (await bundlesOf(call.parts).list(call.params.id)).map(shown) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/evidence-cases/{id}/bundles/{bundle}',
    tag,
    id: 'readSealedBundle',
    summary: 'One sealed bundle: the same bytes each time',
    actors: READERS,
    params: z.strictObject({ id: idSchema, bundle: idSchema }),
    answers: { 200: FILE },
    handle: async (call) => {
      seenCase(call, call.params.id);
      return file(call.parts, await bundlesOf(call.parts).find(call.params.id, call.params.bundle));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/trust',
    tag: 'log',
    id: 'readTrust',
    summary: 'What this gateway’s operator says that a notary may trust: a trust file',
    description: 'Its own word about itself and others. A notary gets it another way than the evidence, from a person who is known, and compares its keys with what each organisation says of its own (docs/formats/trust-file.md): who takes file and evidence from one gateway has proven that gateway’s word and no more.',
    actors: 'PUBLIC',
    answers: { 200: { description: 'A trust file', schema: trustFileSchema } },
    handle: async ({ parts: { options } }) => {
      if (options.evidence === undefined) throw GatewayError.of('not-ready', 'this gateway gives out no trust file');
      return { status: 200, body: await options.evidence.trust() };
    },
  }),
];
