import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { assertVerificationKey, confirmKey, DomainError, HOUR_MILLIS, MAX_KEYS, MAX_MANDATES, replacesKey, type MandateStatement, type RecordEvent, type Signatories, type SigningKey } from '../domain';
import { keyIdOf } from './participants-contract';
import { verifySignedSet } from './signed-set';
import { ANYONE, transact, type RunningTransaction } from './transact';

const NODE = { roles: ['provincialNode'] } as const;
const NODE_OR_PLATFORM = { roles: ['provincialNode', 'platform'] } as const;

/** Who signs for an enterprise: keys and mandates. */
@Info({ title: 'signatories', description: 'Signing keys and mandates of enterprises' })
export class SignatoriesContract extends Contract {
  constructor() {
    super('signatories');
  }

  /** A platform that verified the identity registers a key; it counts once the node confirms it. */
  @Transaction()
  async 'register-key'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:register-key', text, { roles: ['platform'] }, async (running, { ref, key }) => {
      const enterprise = await running.world.need('enterprise', ref);
      running.assertCallerIs(...enterprise.platforms);
      assertVerificationKey(key);
      assertOrigin(running, key.passkey);
      if (key.until <= running.at) throw DomainError.of('period-invalid', 'the key ends in the past');
      const signatories = await running.world.need('signatories', ref);
      const keyId = keyIdOf(key.publicKey);
      if (signatories.keys.some((known) => known.keyId === keyId)) throw DomainError.of('already-exists', 'this key is registered already');
      if (signatories.keys.length >= MAX_KEYS) throw DomainError.of('limit-exceeded', `an enterprise can have had at most ${MAX_KEYS} keys`);
      const registered: SigningKey = { ...key, keyId, registeredBy: running.caller.id, state: 'REGISTERED', from: running.at };
      return save(running, { ...signatories, keys: [...signatories.keys, registered] }, 'register-key', keyId);
    });
  }

  /** The notice of a replacement went out on a channel that the old key did not set. */
  @Transaction()
  async 'record-notice'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:record-notice', text, NODE, (running, { ref, keyId }) =>
      changeKey(running, ref, keyId, 'record-notice', (key) => {
        if (key.state !== 'REGISTERED' || key.noticeAt !== undefined) throw DomainError.of('state-conflict', 'the notice went out already, or the key waits for none');
        return { ...key, noticeAt: running.at };
      }),
    );
  }

  /** The node confirms a key: the first of a capacity at once, a replacement after the wait. */
  @Transaction()
  async 'confirm-key'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:confirm-key', text, NODE, async (running, { ref, keyId }) => {
      const enterprise = await running.world.need('enterprise', ref);
      const signatories = await running.world.need('signatories', ref);
      const wait = running.ruleBook.policy.keyReplacementWaitHours * HOUR_MILLIS;
      return changeKey(running, ref, keyId, 'confirm-key', (key) => confirmKey(key, replacesKey(signatories, enterprise, key.capacity, running.at), wait, running.at));
    });
  }

  /** The person whom the registry names objected: the key never counts. */
  @Transaction()
  async object(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:object', text, NODE_OR_PLATFORM, (running, { ref, keyId, evidenceDigest }) =>
      changeKey(
        running,
        ref,
        keyId,
        'object',
        (key) => {
          if (key.state !== 'REGISTERED') throw DomainError.of('state-conflict', `the key is ${key.state}: an objection comes before its confirmation`);
          return { ...key, state: 'OBJECTED', endedAt: running.at };
        },
        { documentDigest: evidenceDigest },
      ),
    );
  }

  /** A loss, reported to the platform that verified the key's holder or to the node: the key stops at once. */
  @Transaction()
  async 'report-lost'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:report-lost', text, NODE_OR_PLATFORM, (running, { ref, keyId }) =>
      changeKey(running, ref, keyId, 'report-lost', (key) => {
        // A platform that joined by itself must not be able to stop a firm's signing.
        if (running.caller.role === 'platform') running.assertCallerIs(key.registeredBy);
        if (key.state !== 'CONFIRMED') throw DomainError.of('state-conflict', `the key is ${key.state}`);
        return { ...key, state: 'LOST', endedAt: running.at };
      }),
    );
  }

  /** Ends a key; a lost one only so stops blocking a resumption. */
  @Transaction()
  async 'end-key'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:end-key', text, NODE, (running, { ref, keyId, reason }) =>
      changeKey(running, ref, keyId, 'end-key', (key) => {
        if (key.state === 'ENDED') throw DomainError.of('state-conflict', 'the key has ended already');
        return { ...key, state: 'ENDED', endedAt: key.endedAt ?? running.at };
      }, { reason }),
    );
  }

  /** Mandates, given or revoked by what the legal representative signed; anyone may carry them. */
  @Transaction()
  async 'submit-mandates'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'signatories:submit-mandates', text, ANYONE, async (running, { envelope, statements, signatures }) => {
      const { signatories, keys } = await verifySignedSet(running, { envelope, statements, signatures });
      if (!keys.some((key) => key.capacity === 'LEGAL_REPRESENTATIVE')) throw DomainError.of('authority-insufficient', 'mandates are given and revoked by the legal representative');
      let changed = signatories;
      for (const statement of statements) {
        changed = { ...applyMandate(changed, statement, running.at), version: changed.version + 1 };
        running.save('signatories', changed.ref, changed, statement.action === 'GIVE' ? 'give-mandate' : 'revoke-mandate', { signed: { statement, envelope, signatures } });
      }
      return { ids: statements.map((statement) => statement.mandate.id) };
    });
  }
}

/** What a change of a key rests on. */
type About = Pick<RecordEvent, 'documentDigest' | 'reason'>;

function assertOrigin(running: RunningTransaction, passkey: SigningKey['passkey']): void {
  if (passkey === undefined) return;
  const known = running.ruleBook.policy.passkeyOrigins.some((origin) => origin.origin === passkey.origin && origin.rpId === passkey.rpId);
  if (!known) throw DomainError.of('signing-key-insufficient', "a passkey belongs to the provincial node's origin or one that its policy lists");
}

async function changeKey(running: RunningTransaction, ref: string, keyId: string, action: string, change: (key: SigningKey) => SigningKey, about: About = {}): Promise<{ ids: string[] }> {
  const signatories = await running.world.need('signatories', ref);
  if (running.caller.role === 'platform') running.assertCallerIs(...(await running.world.need('enterprise', ref)).platforms);
  if (!signatories.keys.some((key) => key.keyId === keyId)) throw DomainError.of('signing-key-unknown', 'the enterprise has no such signing key');
  const keys = signatories.keys.map((key) => (key.keyId === keyId ? change(key) : key));
  return save(running, { ...signatories, keys }, action, keyId, about);
}

function save(running: RunningTransaction, signatories: Signatories, action: string, keyId: string, about: About = {}): { ids: string[] } {
  running.save('signatories', signatories.ref, { ...signatories, version: signatories.version + 1 }, action, about);
  return { ids: [keyId] };
}

function applyMandate(signatories: Signatories, { action, mandate }: MandateStatement, at: string): Signatories {
  const present = signatories.mandates.find((known) => known.id === mandate.id);
  if (action === 'GIVE') {
    if (present !== undefined) throw DomainError.of('already-exists', 'this mandate was given before');
    if (signatories.mandates.length >= MAX_MANDATES) throw DomainError.of('limit-exceeded', `an enterprise can have given at most ${MAX_MANDATES} mandates`);
    if (mandate.until <= mandate.from || mandate.until <= at) throw DomainError.of('period-invalid', 'the mandate ends before it begins or in the past');
    return { ...signatories, mandates: [...signatories.mandates, mandate] };
  }
  if (present === undefined) throw DomainError.of('not-found', 'there is no such mandate');
  if (present.revokedAt !== undefined) throw DomainError.of('state-conflict', 'the mandate is revoked already');
  return { ...signatories, mandates: signatories.mandates.map((known) => (known.id === mandate.id ? { ...known, revokedAt: at } : known)) };
}
