import { hkdfSync } from 'node:crypto';
import { bytesToHex, toBase64url } from '@kesu/chaincode/domain';

/**
 * Ids, salts, nonces and enterprises' keys of the demonstration, by name: HKDF-SHA-256 over the seed (RFC 5869), so that the same seed
 * gives the same records. Whoever knows the seed knows them all: they guard invented data, and nothing else may be made here.
 */
export class SeededBytes {
  constructor(private readonly seed: number) {}

  /** `length` bytes that belong to `name`. */
  bytes(name: string, length: number): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', `kesu demonstration ${this.seed}`, '', name, length));
  }

  /** A 128-bit id, lower-case hex. */
  id(name: string): string {
    return bytesToHex(this.bytes(name, 16));
  }

  /** 32 bytes, base64url. */
  salt(name: string): string {
    return toBase64url(this.bytes(name, 32));
  }

  /** A digest that stands for a document that nobody wrote, 64 hex digits. */
  documentDigest(name: string): string {
    return bytesToHex(this.bytes(`document ${name}`, 32));
  }
}
