import { createRequire } from 'node:module';
import { KeyEndorsementPolicy } from 'fabric-shim';
import { anEnterprise, aParticipant, aRuleBook, AT, someSignatories } from '../domain/testing/builders';
import { nodeAndAnother } from './key-endorsement';
import { RunningTransaction } from './transact';
import { WorldState } from './world-state';

/** A `common.SignaturePolicy` as Fabric's own protobuf reads it. */
interface Rule {
  readonly signedBy: number;
  readonly nOutOf?: { readonly n: number; readonly rulesList: readonly Rule[] };
}

interface FabricProtos {
  readonly common: { readonly SignaturePolicyEnvelope: { deserializeBinary(bytes: Uint8Array): { toObject(): { readonly rule: Rule } } } };
}

/** Which of the principals must sign: a number, or so many out of a list. */
function rule({ signedBy, nOutOf }: Rule): unknown {
  return nOutOf === undefined ? signedBy : [nOutOf.n, ...nOutOf.rulesList.map(rule)];
}

/** A stub that keeps what is written and which keys got a policy of their own. */
function aStub(stored: ReadonlyMap<string, Uint8Array> = new Map()) {
  const written = new Map(stored);
  const policies = new Map<string, Uint8Array>();
  const stub = {
    getState: (key: string) => Promise.resolve(written.get(key) ?? new Uint8Array()),
    putState: (key: string, value: Uint8Array) => Promise.resolve(void written.set(key, value)),
    setStateValidationParameter: (key: string, policy: Uint8Array) => Promise.resolve(void policies.set(key, policy)),
  };
  return { stub, written, policies };
}

async function aFoundedStub() {
  const { stub, written } = aStub();
  const world = new WorldState(stub);
  world.put('rule-book', 'current', aRuleBook());
  await world.flush();
  return aStub(written);
}

describe('the policy of a key', () => {
  it('names the peers of the node and of every other organisation', () => {
    const policy = new KeyEndorsementPolicy(Buffer.from(nodeAndAnother({ nodeMspId: 'NodeMSP', organisations: ['PlatformMSP', 'NodeMSP', 'JudicialMSP'] })));
    expect(policy.listOrgs()).toEqual(['NodeMSP', 'PlatformMSP', 'JudicialMSP']);
  });

  it('asks for the node and any one of the others', () => {
    const { common } = createRequire(require.resolve('fabric-shim'))('@hyperledger/fabric-protos') as FabricProtos;
    const policy = nodeAndAnother({ nodeMspId: 'NodeMSP', organisations: ['PlatformMSP', 'NodeMSP', 'JudicialMSP'] });
    expect(rule(common.SignaturePolicyEnvelope.deserializeBinary(policy).toObject().rule)).toEqual([2, 0, [1, 1, 2]]);
  });

  it('is the one of fabric-shim where nobody but the node is there', () => {
    const theirs = new KeyEndorsementPolicy();
    theirs.addOrgs('PEER', 'NodeMSP');
    const ours = nodeAndAnother({ nodeMspId: 'NodeMSP', organisations: ['NodeMSP'] });
    expect(new KeyEndorsementPolicy(Buffer.from(ours)).getPolicy()).toEqual(theirs.getPolicy());
  });

  it('is set with the first write of rule book, participant, enterprise and signatories, and never again', async () => {
    const { stub, written, policies } = aStub();
    const world = new WorldState(stub);
    world.put('rule-book', 'current', aRuleBook());
    world.put('participant', 'provincial-node', aParticipant('provincial-node', 'provincialNode'));
    world.put('enterprise', 'e', anEnterprise());
    world.put('signatories', 'e', someSignatories());
    world.put('nonce', 'x', { usedAt: AT });
    await world.flush();
    expect([...policies.keys()]).toEqual(['rule-book/current', 'participant/provincial-node', 'enterprise/e', 'signatories/e']);
    expect(new Set([...policies.values()].map((policy) => Buffer.from(policy).toString('hex')))).toEqual(new Set([Buffer.from(nodeAndAnother(aRuleBook())).toString('hex')]));

    const later = aStub(written);
    const again = new WorldState(later.stub);
    const ruleBook = await again.need('rule-book', 'current');
    const running = new RunningTransaction(again, ruleBook, await again.need('participant', 'provincial-node'), AT);
    running.saveRuleBook({}, 'test');
    running.save('participant', 'provincial-node', running.caller, 'test');
    await again.flush();
    expect([...later.policies.keys()]).toEqual([]);
  });

  it('is set for a record of those kinds that nobody looked up before', async () => {
    const { stub, policies } = await aFoundedStub();
    const world = new WorldState(stub);
    await world.need('rule-book', 'current');
    world.put('participant', 'other', aParticipant('other', 'recipient'));
    await world.flush();
    expect([...policies.keys()]).toEqual(['participant/other']);
  });
});
