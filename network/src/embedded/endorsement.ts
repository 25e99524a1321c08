import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@kesu/certs';
import {
  encodeNonce,
  encodeProposal,
  type HashHex,
  type Instant,
  instantOf,
  PROPOSAL_FORMAT,
  serializedIdentity,
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
  /** The signed bytes, as text: see `Proposal`. */
  readonly proposal: string;
  /** DER ECDSA, low S. */
  readonly signature: Uint8Array;
}

/** A signed call that was simulated against the committed state and waits for its block. */
export interface Endorsement extends SignedCall {
  readonly result: string;
  readonly simulation: Simulation;
}

const NONCE_BYTES = 24;

/** SHA-256 by node:crypto, lower-case hex. */
export const hashHex: HashHex = (input) => createHash('sha256').update(input).digest('hex');

/**
 * Has a call signed by its identity: a fresh nonce, the transaction's id as Fabric makes it, the claimed time.
 * @param claimedTime epoch milliseconds.
 */
export async function signCall(call: Call, network: string, claimedTime: number): Promise<SignedCall> {
  const { identity, transaction, command } = call;
  const nonce = randomBytes(NONCE_BYTES);
  const { mspId, certificate } = identity;
  const txId = transactionIdOf(nonce, serializedIdentity(mspId, certificate), hashHex);
  const claimed = instantOf(claimedTime);
  const proposal = encodeProposal({
    format: PROPOSAL_FORMAT,
    network,
    transaction,
    commandDigest: hashHex(command),
    nonce: encodeNonce(nonce),
    txId,
    claimedTime: claimed,
  });
  return { txId, mspId, certificate, transaction, command, claimedTime: claimed, proposal, signature: await signature(identity, proposal) };
}

async function signature(identity: Identity, proposal: string): Promise<Uint8Array> {
  return identity.sign(Buffer.from(proposal));
}
