import { concatBytes, fabricAnnexSchema, sha256Hex, type AnnexFact, type FabricAnnex } from '@kesu/chaincode/domain';
import { AnnexSigners } from './annex-signers';
import { unitsOf, type Certificate } from './certificate';
import { holds, runCheck, unknown, type Check, type CheckResult, type Finding } from './checks/check';
import { readFabricBlock, type FabricBlock } from './fabric-block';
import { CALL_TYPE, envelopeParts, readFabricCall, readFabricEnvelope, type FabricCall, type FabricEndorsement, type FabricEnvelope } from './fabric-transaction';
import { ensure, VerificationFailure, type FailureCode } from './failure';
import { ECDSA_SHA256_OID, isLowS, signatureVerifies } from './signature-algorithms';
import type { Trust, TrustFile } from './trust';
import { annexSummary, eventDigestAt } from './verify-annex';
import { verdictOf, type Verification } from './verify-bundle';

interface FabricAnnexContext {
  readonly trust: Trust;
  readonly annex: FabricAnnex;
  readonly blocks: readonly FabricBlock[];
  readonly byNumber: ReadonlyMap<number, FabricBlock>;
  readonly members: AnnexSigners;
  readonly orderers: AnnexSigners;
}

interface FabricAnnexReading {
  readonly value: unknown;
  readonly trust: Trust;
  context?: FabricAnnexContext;
}

/** `TxValidationCode.VALID`. */
const VALID = 0;
/** The organisational units that Fabric's NodeOUs give peers and orderers. */
const UNIT = { peer: 'peer', orderer: 'orderer' } as const;

const form: Check<FabricAnnexReading> = {
  name: 'form',
  rule: 'docs/formats/evidence-annex.md; Fabric common.Block',
  isRequired: true,
  run: (reading) => {
    const parsed = fabricAnnexSchema.safeParse(reading.value);
    if (!parsed.success) throw new VerificationFailure('part-malformed', `${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'no annex'}`);
    const { trust } = reading;
    const annex = parsed.data;
    ensure(annex.network === trust.file.network, 'bundle-network-foreign', `the annex is of the ledger ${annex.network}, the trust file of ${trust.file.network}`);
    const blocks = annex.blocks.map(readFabricBlock);
    reading.context = { trust, annex, blocks, byNumber: new Map(blocks.map((block) => [block.number, block])), members: new AnnexSigners(trust.organisations), orderers: new AnnexSigners(trust.orderers) };
    return holds(annexSummary(annex), '–');
  },
};

/** The transactions are those that the header names; each envelope has one form only, as the data hash doesn't say where one ends. */
const dataCheck: Check<FabricAnnexContext> = {
  name: 'block-data',
  rule: 'docs/formats/evidence-annex.md, Fabric 3; 人民法院在线诉讼规则 art. 16',
  isRequired: true,
  run: ({ blocks }) => {
    for (const { number, data, dataHash } of blocks) {
      ensure(sha256Hex(concatBytes(...data)) === dataHash, 'annex-block-malformed', `the transactions of block ${number} are not those of its header`);
      data.forEach(envelopeParts);
    }
    return holds(`${blocks.reduce((sum, { data }) => sum + data.length, 0)} transactions are those that the headers name`, 'SHA-256');
  },
};

/** Block 0 is the one that the network's id names; blocks that follow each other link; of those between nothing is shown. */
const chainCheck: Check<FabricAnnexContext> = {
  name: 'block-chain',
  rule: 'docs/formats/evidence-annex.md, Fabric 4',
  isRequired: true,
  run: ({ annex, blocks }) => {
    const [first] = blocks;
    ensure(first?.number === 0 && first.hash.startsWith(annex.network), 'annex-chain-broken', 'block 0 of this network is not shown first');
    let links = 0;
    blocks.forEach(({ number, previousHash }, at) => {
      const before = blocks[at - 1];
      if (before === undefined) return;
      ensure(number > before.number, 'annex-chain-broken', `block ${number} stands behind block ${before.number}`);
      if (number !== before.number + 1) return;
      ensure(previousHash === before.hash, 'annex-chain-broken', `block ${number} does not follow block ${before.number}`);
      links += 1;
    });
    return holds(`blocks ${blocks.map(({ number }) => number).join(', ')}; block 0 is the one that gives the network its id; ${links} follow the one before; what lies between is not shown`, 'SHA-256; the network’s id in the trust file');
  },
};

/** A check that rests on what the trust file says of a Fabric network. */
function overFabric(run: (context: FabricAnnexContext, fabric: NonNullable<TrustFile['fabric']>) => Finding): (context: FabricAnnexContext) => Finding {
  return (context) => {
    const { fabric } = context.trust.file;
    return fabric === undefined ? unknown('the trust file says nothing of a Fabric network: whose orderers and endorsers count') : run(context, fabric);
  };
}

/** Each block but the first is signed by an orderer: in Raft by the one that wrote it. */
const ordererCheck: Check<FabricAnnexContext> = {
  name: 'orderer-signatures',
  rule: 'docs/formats/evidence-annex.md, Fabric 5; 人民法院在线诉讼规则 art. 17(1)',
  isRequired: true,
  run: overFabric(({ blocks, orderers }) => {
    const seen = new Set<string>();
    for (const block of blocks.filter(({ number }) => number > 0)) {
      const time = timeOf(block);
      ensure(block.signatures.length > 0, 'annex-signature-invalid', `no orderer signed block ${block.number}`);
      for (const { signer, signed, signature } of block.signatures) {
        const certificate = orderers.trusted(signer, time);
        ensure(unitsOf(certificate).includes(UNIT.orderer), 'annex-signature-invalid', `who signed block ${block.number} is no orderer`);
        assertSigned(certificate, signed, signature, 'annex-signature-invalid', `the signature of block ${block.number}`);
        seen.add(`${signer.mspId} ${certificate.serial}`);
      }
    }
    return holds(`${blocks.length - 1} blocks behind block 0, each signed by an orderer (${[...seen].sort().join(', ')}); which orderers Raft agreed with is not shown`, 'the orderers’ keys; their certificates: the ordering organisations’ roots in the trust file');
  }),
};

/** A block has no time of its own: the newest that its valid transactions claim; of all when none is valid. */
function timeOf({ data, codes }: FabricBlock): string {
  const times = data.map((bytes, index) => ({ time: readFabricEnvelope(bytes).claimedTime, isValid: codes[index] === VALID }));
  const valid = times.filter(({ isValid }) => isValid);
  return (valid.length > 0 ? valid : times).map(({ time }) => time).sort().at(-1) ?? '';
}

/** Fabric takes ECDSA with SHA-256 and a low S only. */
function assertSigned({ publicKey }: Certificate, message: Uint8Array, signature: Uint8Array, code: FailureCode, what: string): void {
  const check = { publicKey, algorithm: ECDSA_SHA256_OID, message, signature };
  ensure(signatureVerifies(check) && isLowS(check), code, `${what} is not one of the key of its certificate`);
}

/** A fact's transaction. */
interface FactCall {
  readonly where: string;
  readonly envelope: FabricEnvelope;
  readonly call: FabricCall;
}

/** The transaction that holds a fact. @throws VerificationFailure annex-fact-missing, annex-block-malformed. */
function callOf({ byNumber }: FabricAnnexContext, { leaf, block, index }: AnnexFact): FactCall {
  const bytes = byNumber.get(block)?.data[index];
  ensure(bytes !== undefined, 'annex-fact-missing', `the transaction of leaf ${leaf} (${block}.${index}) is not shown`);
  const envelope = readFabricEnvelope(bytes);
  ensure(envelope.type === CALL_TYPE, 'annex-fact-missing', `${block}.${index} is no call of a chaincode`);
  return { where: `${block}.${index}`, envelope, call: readFabricCall(envelope) };
}

/** Each transaction that holds a fact, once. */
function callsOf(context: FabricAnnexContext): FactCall[] {
  const places = new Map(context.annex.facts.map((fact) => [`${fact.block}.${fact.index}`, fact]));
  return [...places.values()].map((fact) => callOf(context, fact));
}

/** Who called signed the whole transaction, on this channel, of this chaincode, under an id that only they could make. */
const callerCheck: Check<FabricAnnexContext> = {
  name: 'caller-signatures',
  rule: 'docs/formats/evidence-annex.md, Fabric 6',
  isRequired: true,
  run: overFabric((context, { channel, chaincode }) => {
    const callers = new Set<string>();
    const calls = callsOf(context);
    for (const { where, envelope, call } of calls) {
      ensure(envelope.channel === channel && call.chaincodes.every((name) => name === chaincode), 'annex-caller-invalid', `${where} is no call of ${chaincode} on ${channel}`);
      ensure(envelope.txId === call.boundId, 'annex-caller-invalid', `the id of ${where} is not that of its caller and nonce`);
      const certificate = context.members.trusted(call.creator, envelope.claimedTime);
      assertSigned(certificate, envelope.payload, envelope.signature, 'annex-caller-invalid', `the caller’s signature at ${where}`);
      callers.add(call.creator.mspId);
    }
    return holds(`${calls.length} transactions, each signed by its caller (${[...callers].sort().join(', ')})`, 'the callers’ keys; their certificates: the organisations’ roots in the trust file');
  }),
};

/** Enough organisations' peers signed what the call answers, writes and tells, for the very proposal of its caller. */
const endorsementCheck: Check<FabricAnnexContext> = {
  name: 'endorsements',
  rule: 'docs/formats/evidence-annex.md, Fabric 7; 人民法院在线诉讼规则 art. 17(1)',
  isRequired: true,
  run: overFabric((context, { endorsement: { required, organisations } }) => {
    const calls = callsOf(context);
    let fewest = organisations.length;
    for (const { where, envelope, call } of calls) {
      ensure(call.endorsedHash === call.askedHash, 'annex-endorsement-invalid', `the endorsers of ${where} were asked for something else`);
      const endorsing = new Set(call.endorsements.map((one) => endorserOf(one, where, envelope, context)));
      const counting = organisations.filter((mspId) => endorsing.has(mspId)).length;
      ensure(counting >= required, 'annex-endorsement-invalid', `${counting} organisations endorsed ${where}; ${required} of ${organisations.join(', ')} must`);
      fewest = Math.min(fewest, counting);
    }
    return holds(`${calls.length} transactions, each endorsed by peers of ${fewest} or more organisations; that ${required} of ${organisations.join(', ')} are enough says the trust file`, 'the endorsers’ keys; their certificates: the organisations’ roots in the trust file; how many must: the trust file');
  }),
};

/** The organisation of an endorsement that is good. */
function endorserOf({ endorser, signed, signature }: FabricEndorsement, where: string, { claimedTime }: FabricEnvelope, { members }: FabricAnnexContext): string {
  const certificate = members.trusted(endorser, claimedTime);
  ensure(unitsOf(certificate).includes(UNIT.peer), 'annex-endorsement-invalid', `an endorser of ${where} is no peer`);
  assertSigned(certificate, signed, signature, 'annex-endorsement-invalid', `an endorsement of ${where}`);
  return endorser.mspId;
}

/** Each fact of the bundle is the event at its place, in what the endorsers signed. */
const factCheck: Check<FabricAnnexContext> = {
  name: 'facts-in-blocks',
  rule: 'docs/formats/evidence-annex.md, Fabric 8',
  isRequired: true,
  run: (context) => {
    const { facts } = context.annex;
    for (const fact of facts) {
      const { where, envelope, call } = callOf(context, fact);
      ensure(call.event !== undefined && call.event.txId === envelope.txId && call.chaincodes.includes(call.event.chaincode), 'annex-fact-missing', `${where} tells of no event of its own`);
      ensure(fact.eventDigest === eventDigestAt({ writes: call.writes.get(call.event.chaincode) ?? [], events: call.event.payload }, fact.item), 'annex-fact-missing', `the event of leaf ${fact.leaf} is not the one of ${where}.${fact.item}`);
    }
    return holds(`${facts.length} facts, each the event at its place in what the endorsers signed`, 'SHA-256');
  },
};

/** A code that says something else refutes; that it says VALID proves nothing, as nobody signed it. */
const validationCheck: Check<FabricAnnexContext> = {
  name: 'validation-codes',
  rule: 'Fabric common.BlockMetadataIndex TRANSACTIONS_FILTER',
  isRequired: false,
  run: ({ annex, byNumber }) => {
    for (const { leaf, block, index } of annex.facts) {
      const code = byNumber.get(block)?.codes[index];
      ensure(code === VALID, 'annex-fact-missing', `the transaction of leaf ${leaf} (${block}.${index}) is not marked VALID but ${code ?? 'not at all'}`);
    }
    return unknown('every fact’s transaction is marked VALID; a peer wrote that behind the signatures and nobody signed it: that it counted is for the bundle’s cosigned checkpoint, whose leaves are of valid transactions only', 'who gave out the blocks');
  },
};

const CHECKS = [dataCheck, chainCheck, ordererCheck, callerCheck, endorsementCheck, factCheck, validationCheck];

/** The blocks behind a bundle of a Fabric ledger: what orderers, callers and endorsers signed. Held against the bundle by its digest and by the block hashes in its leaves. */
export function verifyFabricAnnex(value: unknown, trust: Trust): Verification {
  const reading: FabricAnnexReading = { value, trust };
  const checks: CheckResult[] = [runCheck(form, reading)];
  const { context } = reading;
  if (context !== undefined) checks.push(...CHECKS.map((check) => runCheck(check, context)));
  return { kind: 'evidence-annex', verdict: verdictOf(checks), checks };
}
