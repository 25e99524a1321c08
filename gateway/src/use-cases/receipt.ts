import { canonicalJson, toBase64url, utf8ToBytes } from '@kesu/chaincode/domain';
import type { Head } from '@kesu/network';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Position } from '../read-model';
import { foundedRuleBook } from './facts';

/** What proves to its holder that a release stands on the ledger: docs/formats/release.md. */
export interface ReleaseReceipt {
  readonly position: Position;
  /** The head that holds the release's block. */
  readonly head: Head;
  readonly payloadDigest: string;
  /** 32 bytes, base64url; absent for data that a platform holds itself. Not signed: the digest fixes it. */
  readonly salt?: string;
  /** The node's receipt key in its participant record. */
  readonly keyId: string;
  /** Over the RFC 8785 form of {@link signedReceipt}: 64 bytes r‖s with low S, base64url. */
  readonly signature: string;
}

/** What a receipt's signature is over, as a value. */
export function signedReceipt(network: string, releaseId: string, { position, head, payloadDigest }: Pick<ReleaseReceipt, 'position' | 'head' | 'payloadDigest'>) {
  return { type: 'release-receipt' as const, network, releaseId, position, head, payloadDigest };
}

/**
 * Signs a receipt with the key that this gateway holds for the participant it speaks for.
 * @throws GatewayError not-ready when it holds none.
 */
export async function receiptOf(parts: GatewayParts, releaseId: string, stated: Pick<ReleaseReceipt, 'position' | 'head' | 'payloadDigest' | 'salt'>): Promise<ReleaseReceipt> {
  const key = receiptKey(parts);
  const { network } = foundedRuleBook(parts.readModel);
  const signature = await key.sign(utf8ToBytes(canonicalJson(signedReceipt(network, releaseId, stated))));
  return { ...stated, keyId: key.keyId, signature: toBase64url(signature) };
}

/** The key that signs receipts. @throws GatewayError not-ready: looked for before anything is recorded that needs a receipt. */
export function receiptKey(parts: Pick<GatewayParts, 'requestKeyOf' | 'self'>) {
  const key = parts.requestKeyOf(parts.self);
  if (key === undefined) throw GatewayError.of('not-ready', 'this gateway holds no key of its own to sign receipts with: register one');
  return key;
}
