import 'reflect-metadata';
import { createHash, createPublicKey, webcrypto } from 'node:crypto';
import { createKeyPair, createSigner, type Identity } from '@kesu/certs';
import { serializedIdentity, transactionIdOf } from '@kesu/chaincode/domain';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from '@peculiar/x509';
import { common, protos, rwset } from 'fabric-protos';
import { blockHeaderBytes, encodeBlock } from '../decode-block';

/** What a forger does otherwise than Fabric: each is one lie, everything else is signed as it must be. */
export interface Forgery {
  readonly channel?: string;
  readonly chaincode?: string;
  readonly txId?: string;
  /** The transaction that the event says it is of. */
  readonly eventTxId?: string;
  readonly eventChaincode?: string;
  /** Has every set of writes twice. */
  readonly hasSetsTwice?: boolean;
  /** What the endorsers say they were asked for. */
  readonly askedFor?: Uint8Array;
  readonly endorsers?: readonly Identity[];
  readonly orderers?: readonly Identity[];
  /** Whose key signs for the creator, the first endorser, the first orderer. */
  readonly impostors?: { readonly creator?: Identity; readonly endorser?: Identity; readonly orderer?: Identity };
  /** Signatures with a high S, which Fabric refuses. */
  readonly isHighS?: boolean;
  readonly type?: number;
  /** The header that the action says it is under. */
  readonly actionHeader?: Uint8Array;
  readonly hasTwoActions?: boolean;
  readonly codes?: Uint8Array;
}

/** Identities of an organisation of the forger's own. */
export interface ForgersOrganisation {
  readonly mspId: string;
  readonly root: string;
  /** A member of one of Fabric's classes. @param until when it expires, epoch milliseconds. */
  member(role: 'client' | 'peer' | 'orderer', until?: number): Promise<Identity>;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ALGORITHM = { ...CURVE, hash: 'SHA-256' } as const;
const DAY_MILLIS = 86_400_000;

/** An organisation whose keys the tests hold: unlike a development authority it certifies orderers too. @param now epoch milliseconds. */
export async function aForgersOrganisation(mspId: string, now: number): Promise<ForgersOrganisation> {
  const crypto = webcrypto as Parameters<typeof X509CertificateGenerator.createSelfSigned>[1] & typeof webcrypto;
  const keys = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const period = { notBefore: new Date(now - DAY_MILLIS), notAfter: new Date(now + DAY_MILLIS) };
  const constrained = { name: `CN=${mspId} root`, serialNumber: '01', ...period, signingAlgorithm: ALGORITHM, keys, extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)] };
  const root = await X509CertificateGenerator.createSelfSigned(constrained, crypto);
  let serial = 1;
  return {
    mspId,
    root: root.toString('pem'),
    member: async (role, until = now + DAY_MILLIS) => {
      const own = createKeyPair();
      const publicKey = await crypto.subtle.importKey('spki', createPublicKey(own.publicKey).export({ type: 'spki', format: 'der' }), CURVE, true, ['verify']);
      serial += 1;
      const issued = await X509CertificateGenerator.create(
        { issuer: root.subjectName, subject: [{ OU: [role] }, { CN: [`${role}${serial}`] }], serialNumber: `0${serial}`, ...period, notAfter: new Date(until), signingAlgorithm: ALGORITHM, publicKey, signingKey: keys.privateKey, extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)] },
        crypto,
      );
      return { mspId, certificate: `${issued.toString('pem')}\n`, sign: createSigner(own.privateKey) };
    },
  };
}

/** A recorded block with one call, made anew under the forger's own keys: `creator`, `endorsers` and `orderers` sign in place of those who did. @returns base64. */
export async function forgedBlock(recorded: string, people: { readonly creator: Identity; readonly endorsers: readonly Identity[]; readonly orderers: readonly Identity[] }, forgery: Forgery = {}): Promise<string> {
  const block = common.Block.decode(Buffer.from(recorded, 'base64'));
  const envelope = await forgedEnvelope(block.data?.data?.[0] ?? new Uint8Array(), { ...people, ...forgery });
  const header = { number: Number(block.header?.number), previous_hash: block.header?.previous_hash ?? new Uint8Array(), data_hash: sha256(envelope) };
  const recordedMetadata = block.metadata?.metadata ?? [];
  const { value } = common.Metadata.decode(recordedMetadata[0] ?? new Uint8Array());
  const signatures = await Promise.all((forgery.orderers ?? people.orderers).map(async (orderer, at) => {
    const signatureHeader = common.SignatureHeader.encode({ creator: serializedIdentity(orderer.mspId, orderer.certificate), nonce: new Uint8Array(24).fill(9) }).finish();
    const key = at === 0 ? (forgery.impostors?.orderer ?? orderer) : orderer;
    return { signature_header: signatureHeader, signature: await key.sign(Buffer.concat([value, signatureHeader, blockHeaderBytes(header)])) };
  }));
  const metadata = [common.Metadata.encode({ value, signatures }).finish(), recordedMetadata[1] ?? new Uint8Array(), forgery.codes ?? recordedMetadata[2] ?? new Uint8Array(), ...recordedMetadata.slice(3)];
  return Buffer.from(encodeBlock({ header, data: { data: [envelope] }, metadata: { metadata } })).toString('base64');
}

async function forgedEnvelope(recorded: Uint8Array, forgery: Forgery & { readonly creator: Identity; readonly endorsers: readonly Identity[] }): Promise<Uint8Array> {
  const { creator, impostors, isHighS } = forgery;
  const { header, data } = common.Payload.decode(common.Envelope.decode(recorded).payload);
  const action = protos.ChaincodeActionPayload.decode(protos.Transaction.decode(data).actions[0]?.payload ?? new Uint8Array());
  const recordedResponse = action.action?.proposal_response_payload ?? new Uint8Array();
  const proposal = action.chaincode_proposal_payload;
  const serialized = serializedIdentity(creator.mspId, creator.certificate);
  const nonce = new Uint8Array(24).fill(7);
  const txId = forgery.txId ?? transactionIdOf(nonce, serialized);
  const channelHeader = channelHeaderOf(header?.channel_header ?? new Uint8Array(), { ...forgery, txId });
  const signatureHeader = common.SignatureHeader.encode({ creator: serialized, nonce }).finish();
  const asked = forgery.askedFor ?? sha256(Buffer.concat([channelHeader, signatureHeader, proposal]));
  const response = responseOf(recordedResponse, asked, { ...forgery, txId: forgery.eventTxId ?? txId });
  const endorsements = await Promise.all(forgery.endorsers.map(async (one, at) => {
    const endorser = serializedIdentity(one.mspId, one.certificate);
    return { endorser, signature: await (at === 0 ? (impostors?.endorser ?? one) : one).sign(Buffer.concat([response, endorser])) };
  }));
  const made = protos.ChaincodeActionPayload.encode({ chaincode_proposal_payload: proposal, action: { proposal_response_payload: response, endorsements } }).finish();
  const one = { header: forgery.actionHeader ?? signatureHeader, payload: made };
  const calls = protos.Transaction.encode({ actions: forgery.hasTwoActions === true ? [one, one] : [one] }).finish();
  const payload = common.Payload.encode({ header: { channel_header: channelHeader, signature_header: signatureHeader }, data: calls }).finish();
  const signature = await (impostors?.creator ?? creator).sign(payload);
  return common.Envelope.encode({ payload, signature: isHighS === true ? highS(signature) : signature }).finish();
}

function channelHeaderOf(recorded: Uint8Array, { channel, txId, type }: { readonly channel?: string; readonly txId: string; readonly type?: number }): Uint8Array {
  const header = common.ChannelHeader.decode(recorded);
  return common.ChannelHeader.encode({ ...header, type: type ?? header.type, channel_id: channel ?? header.channel_id, tx_id: txId }).finish();
}

function responseOf(recorded: Uint8Array, asked: Uint8Array, { txId, chaincode, eventChaincode, hasSetsTwice }: Pick<Forgery, 'chaincode' | 'eventChaincode' | 'hasSetsTwice'> & { readonly txId: string }): Uint8Array {
  const { extension } = protos.ProposalResponsePayload.decode(recorded);
  const action = protos.ChaincodeAction.decode(extension);
  const event = protos.ChaincodeEvent.decode(action.events);
  const events = protos.ChaincodeEvent.encode({ ...event, tx_id: txId, chaincode_id: eventChaincode ?? event.chaincode_id }).finish();
  const id = chaincode === undefined ? action.chaincode_id : { ...action.chaincode_id, name: chaincode };
  return protos.ProposalResponsePayload.encode({ proposal_hash: asked, extension: protos.ChaincodeAction.encode({ ...action, results: hasSetsTwice === true ? setsTwice(action.results) : action.results, events, chaincode_id: id ?? null }).finish() }).finish();
}

function setsTwice(results: Uint8Array): Uint8Array {
  const { data_model: model, ns_rwset: sets } = rwset.TxReadWriteSet.decode(results);
  return rwset.TxReadWriteSet.encode({ data_model: model, ns_rwset: [...sets, ...sets] }).finish();
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The twin of a DER signature: S taken from the order of P-256. */
function highS(signature: Uint8Array): Uint8Array {
  const bytes = Buffer.from(signature);
  const rEnd = 4 + (bytes[3] ?? 0);
  const s = ORDER - BigInt(`0x${bytes.subarray(rEnd + 2).toString('hex')}`);
  const digits = Buffer.from(s.toString(16).padStart(64, '0'), 'hex');
  const content = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
  const body = Buffer.concat([bytes.subarray(2, rEnd), Buffer.of(2, content.length), content]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
