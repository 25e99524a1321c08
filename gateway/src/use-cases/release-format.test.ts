import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, digestOf, fromBase64url, releaseRequestSchema, releaseSchema, saltedDigest, signedRequest, utf8ToBytes, type Release, type ReleaseRequest, type RequestSignature } from '@kesu/chaincode/domain';
import { signedReceipt, type ReleaseReceipt } from './receipt';

const PAGE = readFileSync(join(__dirname, '../../../docs/formats/release.md'), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```json\n(.+?)\n```/gs)].map(([, text]) => JSON.parse(text ?? '') as unknown);
const DATA = JSON.parse(/```\n(\{"enterprise".+?)\n```/s.exec(PAGE)?.[1] ?? '') as unknown;

function isSigned(publicKey: string, value: unknown, signature: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
  return verify('sha256', utf8ToBytes(canonicalJson(value)), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
}

describe('the page on the format of a release', () => {
  const [request, signed, requester, release, receipt, stated, node] = EXAMPLES as [ReleaseRequest, { network: string }, { publicKey: string; requestSignature: RequestSignature }, Release, ReleaseReceipt, unknown, { publicKey: string }];

  it('shows a request whose signature the requester made', () => {
    expect(releaseRequestSchema.parse(request)).toEqual(request);
    expect(signedRequest(signed.network, request, release.idempotencyKey, requester.requestSignature.requestedAt)).toEqual(signed);
    expect(release).toMatchObject({ bodyDigest: digestOf(request), requestSignature: requester.requestSignature });
    expect(isSigned(requester.publicKey, signed, requester.requestSignature.signature)).toBe(true);
    expect(isSigned(requester.publicKey, { ...signed, network: '0'.repeat(32) }, requester.requestSignature.signature)).toBe(false);
  });

  it('shows a record, and data that its digest is over', () => {
    expect(releaseSchema.parse(release)).toEqual(release);
    expect(PAGE).toContain(canonicalJson(DATA));
    expect(release.byteCount).toBe(Buffer.byteLength(canonicalJson(DATA)));
    expect(saltedDigest(fromBase64url(receipt.salt ?? '') ?? new Uint8Array(), DATA)).toBe(release.payloadDigest);
  });

  it('shows a receipt that the node signed', () => {
    expect(receipt.payloadDigest).toBe(release.payloadDigest);
    expect(signedReceipt(signed.network, release.id, receipt)).toEqual(stated);
    expect(isSigned(node.publicKey, stated, receipt.signature)).toBe(true);
  });
});
