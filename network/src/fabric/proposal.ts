import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@kesu/certs';
import { instantOf, serializedIdentity, transactionIdOf, type HashHex, type Instant } from '@kesu/chaincode/domain';
import { common, protos } from 'fabric-protos';
import type { Call } from '../ledger';

/** Where a transaction is sent: a channel and the name of the chaincode on it. */
export interface Destination {
  readonly channel: string;
  readonly chaincode: string;
}

/** A call that its caller signed, as peers take it. */
export interface SignedProposal {
  readonly txId: string;
  readonly claimedTime: Instant;
  readonly identity: Identity;
  readonly header: common.IHeader;
  /** The chaincode and its arguments, as bytes. */
  readonly payload: Uint8Array;
  /** What peers get: the proposal's bytes and the signature over them. */
  readonly wire: { readonly proposal_bytes: Uint8Array; readonly signature: Uint8Array };
}

/** Bytes that someone signed, as orderers and the deliver service take them. */
export interface SignedEnvelope {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** One peer's endorsement: what it answers, and its signature over that. */
export interface PeerEndorsement {
  readonly endorser: Uint8Array;
  readonly signature: Uint8Array;
}

const NONCE_BYTES = 24;

/** SHA-256 by node:crypto, lower-case hex. */
export const hashHex: HashHex = (input) => createHash('sha256').update(input).digest('hex');

/**
 * Has a call signed by its identity.
 * @param claimedMillis the time that the caller claims, epoch milliseconds.
 */
export async function signProposal(call: Call, to: Destination, claimedMillis: number): Promise<SignedProposal> {
  const { identity, transaction, command } = call;
  const creator = serializedIdentity(identity.mspId, identity.certificate);
  const nonce = randomBytes(NONCE_BYTES);
  const txId = transactionIdOf(nonce, creator, hashHex);
  const extension = protos.ChaincodeHeaderExtension.encode({ chaincode_id: { name: to.chaincode } }).finish();
  const header = headerOf({ type: common.HeaderType.ENDORSER_TRANSACTION, channel: to.channel, txId, extension }, claimedMillis, creator, nonce);
  const spec = { type: protos.ChaincodeSpec.Type.NODE, chaincode_id: { name: to.chaincode }, input: { args: [Buffer.from(transaction), Buffer.from(command)] } };
  const payload = protos.ChaincodeProposalPayload.encode({ input: protos.ChaincodeInvocationSpec.encode({ chaincode_spec: spec }).finish() }).finish();
  const proposal = protos.Proposal.encode({ header: common.Header.encode(header).finish(), payload }).finish();
  return { txId, claimedTime: instantOf(claimedMillis), identity, header, payload, wire: { proposal_bytes: proposal, signature: await identity.sign(proposal) } };
}

/** A transaction as orderers take it: the proposal with what its endorsers agree on, signed by the caller. */
export function signTransaction(proposal: SignedProposal, response: Uint8Array, endorsements: readonly PeerEndorsement[]): Promise<SignedEnvelope> {
  const action = protos.ChaincodeActionPayload.encode({
    chaincode_proposal_payload: proposal.payload,
    action: { proposal_response_payload: response, endorsements: [...endorsements] },
  }).finish();
  const data = protos.Transaction.encode({ actions: [{ header: proposal.header.signature_header ?? null, payload: action }] }).finish();
  return signEnvelope(proposal.identity, proposal.header, data);
}

/** A request to the deliver service, signed by a reader. */
export function signSeek(reader: Identity, channel: string, data: Uint8Array, nowMillis: number): Promise<SignedEnvelope> {
  const creator = serializedIdentity(reader.mspId, reader.certificate);
  const header = headerOf({ type: common.HeaderType.DELIVER_SEEK_INFO, channel }, nowMillis, creator, randomBytes(NONCE_BYTES));
  return signEnvelope(reader, header, data);
}

async function signEnvelope(identity: Identity, header: common.IHeader, data: Uint8Array): Promise<SignedEnvelope> {
  const payload = common.Payload.encode({ header, data }).finish();
  return { payload, signature: await identity.sign(payload) };
}

function headerOf(about: { type: common.HeaderType; channel: string; txId?: string; extension?: Uint8Array }, millis: number, creator: Uint8Array, nonce: Uint8Array): common.IHeader {
  const seconds = Math.floor(millis / 1000);
  return {
    channel_header: common.ChannelHeader.encode({
      type: about.type,
      channel_id: about.channel,
      tx_id: about.txId ?? '',
      timestamp: { seconds, nanos: (millis - seconds * 1000) * 1_000_000 },
      ...(about.extension === undefined ? {} : { extension: about.extension }),
    }).finish(),
    signature_header: common.SignatureHeader.encode({ creator, nonce }).finish(),
  };
}
