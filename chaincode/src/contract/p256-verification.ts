import { verify } from 'node:crypto';
import { SIGNATURE_BYTES, type VerifyP256 } from '../domain';
import { keyOfSpki, verifyP256WithNode } from './verify-p256-node';

/** What a verification is a function of, as on the wire: base64url of key and signature. */
export interface SignedText {
  readonly publicKey: string;
  readonly signature: string;
  readonly text: string;
}

/**
 * Verifications of one transaction. Those that are known before the transaction is decided are made beside each other on the thread pool;
 * what isn't prepared is verified when it is asked for. A verification is a function of key, message and signature alone, by which its
 * answer is found again, so that preparing changes when it is made and nothing else.
 */
export class P256Verification {
  readonly #prepared = new Map<string, boolean>();

  /** `VerifyP256` with node:crypto. */
  readonly verify: VerifyP256 = (keySpki, message, signature64) => this.#prepared.get(nameOf(keySpki, message, signature64)) ?? verifyP256WithNode(keySpki, message, signature64);

  /** Verifies all of these. One alone is left for later: a thread would answer it no sooner. */
  async prepare(signed: readonly SignedText[]): Promise<void> {
    if (signed.length < 2) return;
    await Promise.all(signed.map((one) => this.#prepareOne(one)));
  }

  async #prepareOne({ publicKey, signature, text }: SignedText): Promise<void> {
    const [spki, signature64, message] = [Buffer.from(publicKey, 'base64url'), Buffer.from(signature, 'base64url'), Buffer.from(text, 'utf8')];
    const key = keyOfSpki(spki);
    // What is malformed is refused by the rule that asks for it.
    if (key === undefined || signature64.length !== SIGNATURE_BYTES) return;
    const isSigned = await new Promise<boolean | undefined>((resolve) => {
      verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature64, (error, result) => resolve(error === null ? result : undefined));
    });
    if (isSigned !== undefined) this.#prepared.set(nameOf(spki, message, signature64), isSigned);
  }
}

/** The exact bytes of all three; message last, as the others have one length. */
function nameOf(...parts: readonly Uint8Array[]): string {
  return parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1')).join(' ');
}
