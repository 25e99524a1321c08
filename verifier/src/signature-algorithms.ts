import { p384 } from '@noble/curves/nist.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesEqual, bytesToHex, concatBytes, hexToBytes, P256, SM2_USER_ID, toBigint, verifyP256WithNoble, verifySm2 } from '@kesu/chaincode/domain';
import { sm3 } from 'sm-crypto-v2';
import { bitStringOf, childrenOf, DerReader, oidOf, readDer, TAG, unsignedOf, type DerElement } from './der';
import { VerificationFailure } from './failure';
import { MAX_RSA_BITS } from './limits';

/** Digest algorithms by object identifier. */
const DIGESTS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  '2.16.840.1.101.3.4.2.1': sha256,
  '2.16.840.1.101.3.4.2.2': sha384,
  '2.16.840.1.101.3.4.2.3': sha512,
  '1.2.156.10197.1.401': (bytes) => hexToBytes(sm3(bytes)),
};

/** ECDSA with SHA-256. */
export const ECDSA_SHA256_OID = '1.2.840.10045.4.3.2';

/** What a signature algorithm hashes with; `rsaEncryption` leaves it to the signer's digest. */
const SIGNATURES: Readonly<Record<string, { readonly kind: 'ECDSA' | 'RSA' | 'SM2'; readonly digest?: string }>> = {
  [ECDSA_SHA256_OID]: { kind: 'ECDSA', digest: '2.16.840.1.101.3.4.2.1' },
  '1.2.840.10045.4.3.3': { kind: 'ECDSA', digest: '2.16.840.1.101.3.4.2.2' },
  '1.2.840.10045.4.3.4': { kind: 'ECDSA', digest: '2.16.840.1.101.3.4.2.3' },
  '1.2.840.113549.1.1.11': { kind: 'RSA', digest: '2.16.840.1.101.3.4.2.1' },
  '1.2.840.113549.1.1.12': { kind: 'RSA', digest: '2.16.840.1.101.3.4.2.2' },
  '1.2.840.113549.1.1.13': { kind: 'RSA', digest: '2.16.840.1.101.3.4.2.3' },
  '1.2.840.113549.1.1.1': { kind: 'RSA' },
  '1.2.156.10197.1.501': { kind: 'SM2', digest: '1.2.156.10197.1.401' },
};

/** SHA-256's object identifier. */
export const SHA256_OID = '2.16.840.1.101.3.4.2.1';
/** SM3's. */
export const SM3_OID = '1.2.156.10197.1.401';

const P384_KEY = '3076301006072a8648ce3d020106052b81040022036200';
const RSA_KEY_OID = '1.2.840.113549.1.1.1';
/** DigestInfo of PKCS #1 up to the digest, by the digest's identifier. */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': '3031300d060960864801650304020105000420',
  '2.16.840.1.101.3.4.2.2': '3041300d060960864801650304020205000430',
  '2.16.840.1.101.3.4.2.3': '3051300d060960864801650304020305000440',
};

/** The digest of bytes by an algorithm's identifier. @throws VerificationFailure cms-algorithm-unknown. */
export function digestBy(oid: string, bytes: Uint8Array): Uint8Array {
  const digest = DIGESTS[oid];
  if (digest === undefined) throw new VerificationFailure('cms-algorithm-unknown', `the digest algorithm ${oid} is not known`);
  return digest(bytes);
}

/** The object identifier of an AlgorithmIdentifier whose parameters are absent or NULL. @throws VerificationFailure der-malformed, cms-algorithm-unknown. */
export function algorithmOf(element: DerElement): string {
  const reader = new DerReader(element);
  const oid = oidOf(reader.next(TAG.oid));
  const parameters = reader.optional(TAG.null);
  reader.end();
  if (parameters !== undefined && parameters.content.length > 0) throw new VerificationFailure('der-malformed', 'NULL with content');
  return oid;
}

/** What a signature is checked by. */
export interface SignatureCheck {
  /** SubjectPublicKeyInfo of the signer, DER. */
  readonly publicKey: Uint8Array;
  readonly algorithm: string;
  /** The digest that goes with `rsaEncryption`. */
  readonly digest?: string;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the signature is one of the key over the message. What can't be read is no signature. */
export function signatureVerifies(check: SignatureCheck): boolean {
  try {
    return verifies(check);
  } catch (error) {
    if (error instanceof VerificationFailure || error instanceof RangeError || error instanceof TypeError) return false;
    throw error;
  }
}

function verifies(check: SignatureCheck): boolean {
  const known = SIGNATURES[check.algorithm];
  if (known === undefined) return false;
  if (known.kind === 'RSA') return rsaVerifies(check, known.digest ?? check.digest ?? '');
  const pair = ecdsaPair(check.signature);
  return known.kind === 'SM2' ? verifySm2(check.publicKey, check.message, joined(pair, 32), SM2_USER_ID) : ecdsaVerifies(check, known.digest ?? '', pair);
}

/** False for an ECDSA signature whose S has a lower twin; true for every other signature. */
export function isLowS({ algorithm, signature, publicKey }: Pick<SignatureCheck, 'algorithm' | 'signature' | 'publicKey'>): boolean {
  if (SIGNATURES[algorithm]?.kind !== 'ECDSA') return true;
  const order = isP384(publicKey) ? p384.Point.Fn.ORDER : P256.n;
  return ecdsaPair(signature).s <= order / 2n;
}

interface Pair {
  readonly r: bigint;
  readonly s: bigint;
}

function ecdsaPair(signature: Uint8Array): Pair {
  const reader = new DerReader(readDer(signature));
  const [r, s] = [toBigint(unsignedOf(reader.next(TAG.integer))), toBigint(unsignedOf(reader.next(TAG.integer)))];
  reader.end();
  return { r, s };
}

/** r \u2016 s in so many bytes each. @throws VerificationFailure der-malformed when one is longer. */
function joined({ r, s }: Pair, width: number): Uint8Array {
  const digits = [r, s].map((value) => value.toString(16).padStart(2 * width, '0'));
  if (digits.some(({ length }) => length > 2 * width)) throw new VerificationFailure('der-malformed', 'r or s is longer than the curve\u2019s order');
  return hexToBytes(digits.join(''));
}

function ecdsaVerifies({ publicKey, message }: SignatureCheck, digest: string, pair: Pair): boolean {
  if (isP384(publicKey)) {
    return p384.verify(joined(pair, 48), digestBy(digest, message), publicKey.subarray(P384_KEY.length / 2), { lowS: false, prehash: false, format: 'compact' });
  }
  // The domain\u2019s verifier hashes with SHA-256: no other digest goes with P-256 here.
  return digest === SHA256_OID && verifyP256WithNoble(publicKey, message, joined(pair, 32));
}

function isP384(publicKey: Uint8Array): boolean {
  return bytesToHex(publicKey.subarray(0, P384_KEY.length / 2)) === P384_KEY;
}

/** RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2): the one encoded message is made again and compared. */
function rsaVerifies({ publicKey, message, signature }: SignatureCheck, digest: string): boolean {
  const prefix = DIGEST_INFO[digest];
  const { modulus, exponent } = rsaKeyOf(publicKey);
  const length = modulus.length;
  if (prefix === undefined || signature.length !== length || length * 8 > MAX_RSA_BITS || length < 256) return false;
  const info = concatBytes(hexToBytes(prefix), digestBy(digest, message));
  const padded = concatBytes(Uint8Array.of(0, 1), new Uint8Array(length - info.length - 3).fill(0xff), Uint8Array.of(0), info);
  const recovered = power(toBigint(signature), toBigint(exponent), toBigint(modulus));
  return bytesEqual(hexToBytes(recovered.toString(16).padStart(length * 2, '0')), padded);
}

function rsaKeyOf(publicKey: Uint8Array): { readonly modulus: Uint8Array; readonly exponent: Uint8Array } {
  const reader = new DerReader(readDer(publicKey));
  const [algorithm] = childrenOf(reader.next(TAG.sequence));
  if (algorithm === undefined || oidOf(algorithm) !== RSA_KEY_OID) throw new VerificationFailure('cms-algorithm-unknown', 'no RSA key');
  const key = new DerReader(readDer(bitStringOf(reader.next(TAG.bitString))));
  const [modulus, exponent] = [unsignedOf(key.next(TAG.integer)), unsignedOf(key.next(TAG.integer))];
  if (exponent.length > 4) throw new VerificationFailure('cms-algorithm-unknown', 'an RSA exponent above 32 bits');
  return { modulus, exponent };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
