import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { assessmentsHold, assessParticipant, canonicalJson, DomainError, fromBase64url, introduceLogKey, logKeyIntroduction, moveParticipant, p256SpkiOf, regionLiesIn, sha256Hex, utf8ToBytes, verifyEd25519, type Participant } from '../domain';
import { callerCertificate } from './caller';
import { guardedClaimedTime } from './clock-guard';
import { RULE_BOOK_ID } from './keys';
import { ANYONE, complete, decodeCommand, RunningTransaction, transact } from './transact';
import { WorldState } from './world-state';

const NODE = { roles: ['provincialNode'] } as const;

/** Admission (有进有出): platforms, institutions, providers and the offices around them. */
@Info({ title: 'participants', description: 'Admission and suspension of participants' })
export class ParticipantsContract extends Contract {
  constructor() {
    super('participants');
  }

  /** A platform applies with its own certificate; it isn't listed yet, so only the certificate speaks. */
  @Transaction()
  async apply(ctx: Context, text: string): Promise<string> {
    const command = decodeCommand('participants:apply', text);
    const at = guardedClaimedTime(ctx.stub);
    const certificate = callerCertificate(ctx);
    if (certificate.role !== 'platform' || certificate.participantId !== command.id || certificate.mspId !== command.mspId) {
      throw DomainError.of('not-yours', "a platform applies for itself, with a certificate of its own organisation");
    }
    const world = new WorldState(ctx.stub);
    const ruleBook = await world.need('rule-book', RULE_BOOK_ID);
    assertOrganisation(ruleBook.organisations, command.mspId);
    const platform = newParticipant({ ...command, role: 'platform', state: 'APPLIED' });
    const running = new RunningTransaction(world, ruleBook, platform, at);
    return complete(ctx, running, 'participants:apply', command, text, () => saveNew(running, platform, 'apply', false));
  }

  /** Records an assessment. */
  @Transaction()
  async assess(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:assess', text, NODE, async (running, { id, kind, assessor, until, documentDigest }) => {
      const platform = await running.world.need('participant', id);
      if (platform.role !== 'platform') throw DomainError.of('state-conflict', `${id} is a ${platform.role}: only platforms are assessed`);
      const assessed = assessParticipant(platform, kind, { assessor, documentDigest, at: running.at, until });
      running.save('participant', id, assessed, 'assess', { documentDigest });
      return { ids: [id] };
    });
  }

  /** Admits an assessed platform and lists it. */
  @Transaction()
  async 'admit-platform'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:admit-platform', text, NODE, async (running, { id, connectVia, regionReason, documentDigest }) => {
      const platform = await running.world.need('participant', id);
      if (platform.role !== 'platform') throw DomainError.of('state-conflict', `${id} is no platform`);
      if (platform.state !== 'AUTHORIZATION_ASSESSED' || !assessmentsHold(platform, running.at)) throw DomainError.of('state-conflict', `${id} is ${platform.state}: a platform is admitted once, while both assessments hold`);
      await assertRegionsAreFree(running, platform, regionReason);
      const admitted = { ...moveParticipant(platform, 'ADMITTED'), connectVia };
      running.save('participant', id, admitted, 'admit', { documentDigest, ...(regionReason === undefined ? {} : { reason: regionReason }) });
      list(running, admitted);
      return { ids: [id] };
    });
  }

  /** A platform admits an institution, which counts once the node confirms it. A second platform joins. */
  @Transaction()
  async 'admit-recipient'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:admit-recipient', text, { roles: ['platform'] }, async (running, command) => {
      const { securityPolicyDigest, ...described } = command;
      const present = await running.world.get('participant', command.id);
      if (present === undefined) {
        if (command.mspId !== running.ruleBook.nodeMspId) throw DomainError.of('malformed-command', "an institution's certificates come from the node's organisation");
        const recipient = newParticipant({ ...described, role: 'recipient', state: 'APPLIED', platforms: [running.caller.id], documentDigest: securityPolicyDigest });
        return saveNew(running, recipient, 'admit', false);
      }
      if (present.role !== 'recipient' || present.state === 'EXITED') throw DomainError.of('state-conflict', `${command.id} is taken`);
      if (present.platforms.includes(running.caller.id)) throw DomainError.of('already-exists', `${command.id} is admitted by this platform already`);
      const joined = { ...present, platforms: [...present.platforms, running.caller.id], version: present.version + 1 };
      running.save('participant', command.id, joined, 'admit', { documentDigest: securityPolicyDigest });
      return { ids: [command.id] };
    });
  }

  /** Confirms an institution and lists it. */
  @Transaction()
  async 'confirm-recipient'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:confirm-recipient', text, NODE, async (running, { id, documentDigest }) => {
      const recipient = await running.world.need('participant', id);
      if (recipient.role !== 'recipient') throw DomainError.of('state-conflict', `${id} is no institution`);
      if (recipient.state !== 'APPLIED') throw DomainError.of('state-conflict', `${id} is ${recipient.state}: an institution is confirmed once`);
      const admitted = moveParticipant(recipient, 'ADMITTED');
      running.save('participant', id, admitted, 'confirm', { documentDigest });
      list(running, admitted);
      return { ids: [id] };
    });
  }

  /** Appoints a provider or an office, with a document. */
  @Transaction()
  async appoint(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:appoint', text, NODE, async (running, command) => {
      assertOrganisation(running.ruleBook.organisations, command.mspId);
      if (command.role === 'provider' && command.mspId !== running.ruleBook.nodeMspId) throw DomainError.of('malformed-command', "a provider's certificates come from the node's organisation");
      return saveNew(running, newParticipant({ ...command, state: 'ADMITTED' }), 'appoint', true);
    });
  }

  /** Suspends. */
  @Transaction()
  async suspend(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:suspend', text, NODE, (running, { id, reason, documentDigest }) => move(running, id, 'SUSPENDED', 'suspend', { reason, documentDigest }));
  }

  /** Resumes. */
  @Transaction()
  async resume(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:resume', text, NODE, async (running, { id, reason, documentDigest }) => {
      const participant = await running.world.need('participant', id);
      if (participant.state !== 'SUSPENDED') throw DomainError.of('state-conflict', `${id} is ${participant.state}, not SUSPENDED`);
      return move(running, id, 'ADMITTED', 'resume', { reason, documentDigest });
    });
  }

  /** Lets go; grants never move to a successor. */
  @Transaction()
  async exit(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:exit', text, NODE, async (running, { id, reason, documentDigest, successor }) => {
      if (successor !== undefined) await running.world.need('participant', successor);
      if (id === running.ruleBook.node) throw DomainError.of('state-conflict', 'the node itself has no exit');
      return move(running, id, 'EXITED', 'exit', { reason, documentDigest }, successor === undefined ? {} : { successor });
    });
  }

  /** Records a new dated name. */
  @Transaction()
  async rename(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:rename', text, NODE, async (running, { id, name, documentDigest }) => {
      const participant = await running.world.need('participant', id);
      const names = [...participant.names.filter((known) => known.from !== name.from), name].sort((a, b) => (a.from < b.from ? -1 : 1));
      running.save('participant', id, { ...participant, names, version: participant.version + 1 }, 'rename', { documentDigest });
      return { ids: [id] };
    });
  }

  /** Registers the caller's own key for requests, answers or batches. */
  @Transaction()
  async 'register-key'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:register-key', text, ANYONE, async (running, { publicKey, replaces }) => {
      p256SpkiOf(publicKey);
      const { caller, at } = running;
      const keyId = keyIdOf(publicKey);
      if (caller.keys.some((key) => key.keyId === keyId)) throw DomainError.of('already-exists', 'this key is registered already');
      if (replaces !== undefined && !caller.keys.some((key) => key.keyId === replaces)) throw DomainError.of('not-found', 'the key to replace is not registered');
      const kept = caller.keys.map((key) => (key.keyId === replaces && key.until === undefined ? { ...key, until: at } : key));
      if (kept.length >= 10) throw DomainError.of('limit-exceeded', 'a participant can have had at most 10 keys');
      running.save('participant', caller.id, { ...caller, keys: [...kept, { keyId, publicKey, from: at }], version: caller.version + 1 }, 'register-key');
      return { ids: [keyId] };
    });
  }

  /** Introduces the caller's own Ed25519 key: its cosigner's, or (the node) its log's. */
  @Transaction()
  async 'introduce-log-key'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'participants:introduce-log-key', text, ANYONE, async (running, { use, publicKey, proof }) => {
      const { caller, ruleBook, at } = running;
      if (use === 'LOG' && caller.id !== ruleBook.node) throw DomainError.of('role-not-allowed', "only the node signs as the log; other organisations cosign");
      const introduced = utf8ToBytes(canonicalJson(logKeyIntroduction(ruleBook.network, caller.id, { use, publicKey })));
      if (!verifyEd25519(fromBase64url(publicKey) ?? new Uint8Array(), introduced, fromBase64url(proof) ?? new Uint8Array())) throw DomainError.of('signature-invalid', 'the proof is not a signature of the introduced key over its introduction');
      running.save('participant', caller.id, introduceLogKey(caller, { use, publicKey }, at), 'introduce-log-key');
      return { ids: [caller.id] };
    });
  }
}

/** The id of a public key: the first 32 hex digits of SHA-256 over its SPKI DER. */
export function keyIdOf(publicKey: string): string {
  const bytes = fromBase64url(publicKey);
  if (bytes === undefined) throw DomainError.of('signature-malformed', 'the public key is not base64url');
  return sha256Hex(bytes).slice(0, 32);
}

function newParticipant(described: Pick<Participant, 'id' | 'names' | 'mspId' | 'regions' | 'documentDigest' | 'role' | 'state'> & { kind?: Participant['kind']; platforms?: string[] }): Participant {
  const { id, names, mspId, regions, documentDigest, role, state, kind, platforms } = described;
  return { id, role, ...(kind === undefined ? {} : { kind }), names, mspId, state, regions, platforms: platforms ?? [], assessments: {}, documentDigest, keys: [], version: 1 };
}

async function saveNew(running: RunningTransaction, participant: Participant, action: string, listed: boolean): Promise<{ ids: string[] }> {
  if ((await running.world.get('participant', participant.id)) !== undefined) throw DomainError.of('already-exists', `${participant.id} is taken`);
  running.save('participant', participant.id, participant, action, { documentDigest: participant.documentDigest });
  if (listed) list(running, participant);
  return { ids: [participant.id] };
}

/** Lists a participant in the rule book: only from there on it counts. */
function list(running: RunningTransaction, { id, role, mspId }: Participant): void {
  running.saveRuleBook({ participants: { ...running.ruleBook.participants, [id]: { role, mspId } } }, 'list');
}

async function move(
  running: RunningTransaction,
  id: string,
  to: 'ADMITTED' | 'SUSPENDED' | 'EXITED',
  action: string,
  about: { reason: string; documentDigest: string },
  change: Partial<Participant> = {},
): Promise<{ ids: string[] }> {
  const participant = await running.world.need('participant', id);
  if (id === running.ruleBook.node) throw DomainError.of('state-conflict', "the node can't be suspended by itself");
  running.save('participant', id, { ...moveParticipant(participant, to), ...change }, action, about);
  return { ids: [id] };
}

function assertOrganisation(organisations: readonly string[], mspId: string): void {
  if (!organisations.includes(mspId)) throw DomainError.of('malformed-command', `${mspId} is no organisation of this ledger`);
}

/** Where 秦信融 already serves, no further platform is admitted unless the node records why (任务 3). */
async function assertRegionsAreFree(running: RunningTransaction, platform: Participant, reason: string | undefined): Promise<void> {
  const through = running.ruleBook.policy.qinxinrong;
  if (through === undefined || through === platform.id || reason !== undefined) return;
  const covering = await running.world.get('participant', through);
  const served = covering?.regions ?? [];
  const taken = platform.regions.filter((region) => regionLiesIn(region, served) || served.some((code) => regionLiesIn(code, [region])));
  if (taken.length > 0) throw DomainError.of('state-conflict', `${through} already serves ${taken.join(', ')}: record why another platform is admitted`);
}
