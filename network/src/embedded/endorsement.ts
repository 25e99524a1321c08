import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@kesu/certs';
import {
  type CallRecord,
  DomainError,
  encodeCallRecord,
  encodeProposal,
  type HashHex,
  type Instant,
  instantOf,
  PROPOSAL_FORMAT,
  serializedIdentity,
  toLowS64,
  transactionIdOf,
} from '@kesu/chaincode/domain';
import type { Call } from '../ledger';
import type { Simulation } from './transaction-stub';

/** A call that its caller signed. */
export interface SignedCall {
  readonly txId: string;
  readonly mspId: string;
  readonly certificate: string;
  readonly transaction: string;
  readonly command: string;
  readonly claimedTime: Instant;
  /** The same in epoch milliseconds. */
  readonly claimedMillis: number;
  /** The signed bytes, as text: see `Proposal`. */
  readonly proposal: string;
  /** DER ECDSA, low S. */
  readonly signature: Uint8Array;
}

/** A signed call that was simulated against the committed state and waits for its block. */
export interface Endorsement {
  readonly claimedTime: Instant;
  /** The call's record, as it will stand in its block when it is valid there. */
  readonly record: CallRecord;
  /** The RFC 8785 form of the record. */
  readonly recordLine: string;
  /** The line's UTF-8 bytes. */
  readonly bytes: number;
}

/** A call's record has at most so many bytes: a block holds it and its lines. */
export const MAX_CALL_BYTES = 12 * 1024 * 1024;

const NONCE_BYTES = 24;

/** SHA-256 by node:crypto, lower-case hex. */
export const hashHex: HashHex = (input) => createHash('sha256').update(input).digest('hex');

/**
 * Has a call signed by its identity: a fresh nonce, the transaction's id as Fabric makes it, the claimed time.
 * @param claimedTime epoch milliseconds.
 */
export async function signCall(call: Call, network: string, claimedTime: number): Promise<SignedCall> {
  const { identity, transaction, command } = call;
  const nonce = freshNonce();
  const { mspId, certificate } = identity;
  const txId = transactionIdOf(nonce, serializedIdentity(mspId, certificate), hashHex);
  const claimed = instantOf(claimedTime);
  const proposal = encodeProposal({
    format: PROPOSAL_FORMAT,
    network,
    transaction,
    commandDigest: hashHex(command),
    nonce: nonce.toString('base64url'),
    txId,
    claimedTime: claimed,
  });
  return { txId, mspId, certificate, transaction, command, claimedTime: claimed, claimedMillis: claimedTime, proposal, signature: await signature(identity, proposal) };
}

/**
 * Puts a signed call and what it became together.
 * @throws DomainError `limit-exceeded` when the record is longer than {@link MAX_CALL_BYTES}.
 */
export function endorse(call: SignedCall, result: string, simulation: Simulation): Endorsement {
  const { txId, mspId, certificate, proposal, command, claimedTime } = call;
  const { reads, ranges, writes, events } = simulation;
  const record: CallRecord = {
    kind: 'call',
    txId,
    mspId,
    certificate,
    proposal,
    signature: Buffer.from(toLowS64(call.signature)).toString('base64url'),
    command,
    result,
    validity: 'VALID',
    reads: [...reads],
    ranges: [...ranges],
    writes: [...writes],
    ...(events === undefined ? {} : { events }),
  };
  const recordLine = encodeCallRecord(record);
  const bytes = Buffer.byteLength(recordLine);
  if (bytes > MAX_CALL_BYTES) throw DomainError.of('limit-exceeded', `a call has at most ${MAX_CALL_BYTES} bytes with all that it reads and writes`);
  return { claimedTime, record, recordLine, bytes };
}

/** A draw from the system costs more than 24 bytes are worth: nonces are cut from a larger one. */
const nonces = { pool: Buffer.alloc(0), used: 0 };

function freshNonce(): Buffer {
  if (nonces.used + NONCE_BYTES > nonces.pool.length) Object.assign(nonces, { pool: randomBytes(NONCE_BYTES * 256), used: 0 });
  const nonce = nonces.pool.subarray(nonces.used, nonces.used + NONCE_BYTES);
  nonces.used += NONCE_BYTES;
  return nonce;
}

async function signature(identity: Identity, proposal: string): Promise<Uint8Array> {
  return identity.sign(Buffer.from(proposal));
}
