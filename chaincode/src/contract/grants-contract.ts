import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import {
  ANY_RECIPIENT,
  assertLetterIsLawful,
  authorityIsReached,
  capacitiesSigned,
  DomainError,
  grantFrom,
  keysSufficientFor,
  periodDays,
  personHasSigned,
  supersedeGrant,
  templateKey,
  transitGrant,
  type Grant,
  type GrantAction,
  type Letter,
  type Participant,
  type SignedStatement,
  type Transition,
} from '../domain';
import { verifySignedSet, type VerifiedSigner } from './signed-set';
import { ANYONE, transact, type RunningTransaction } from './transact';

const VERB: Readonly<Record<GrantAction, string>> = { REVOKE: 'revoke', SUSPEND: 'suspend', RESUME: 'resume' };

/** Grants (授权): the enterprise's signature is the authority, whoever carries it. */
@Info({ title: 'grants', description: 'Grants and their transitions, signed by enterprises' })
export class GrantsContract extends Contract {
  constructor() {
    super('grants');
  }

  /** A platform asks. */
  @Transaction()
  async 'open-request'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'grants:open-request', text, { roles: ['platform'] }, async (running, { operation: _operation, ...described }) => {
      const enterprise = await running.world.need('enterprise', described.enterprise);
      running.assertCallerIs(...enterprise.platforms);
      if ((await running.world.get('grant-request', described.id)) !== undefined) throw DomainError.of('already-exists', 'this request id is taken');
      if (described.until <= running.at) throw DomainError.of('period-invalid', 'the request ends in the past');
      running.save('grant-request', described.id, { ...described, platform: running.caller.id, state: 'PENDING' }, 'open');
      return { ids: [described.id] };
    });
  }

  /** The enterprise declined. */
  @Transaction()
  async 'decline-request'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'grants:decline-request', text, { roles: ['platform', 'provincialNode'] }, async (running, { id }) => {
      const request = await running.world.need('grant-request', id);
      running.assertCallerIs(request.platform, running.ruleBook.node);
      if (request.state !== 'PENDING' || running.at >= request.until) throw DomainError.of('state-conflict', 'the request is answered or has lapsed');
      running.save('grant-request', id, { ...request, state: 'DECLINED' }, 'decline');
      return { ids: [id] };
    });
  }

  /** A signed set of letters becomes as many grants, or none. */
  @Transaction()
  async submit(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'grants:submit', text, ANYONE, async (running, { envelope, statements, signatures, requestId }) => {
      const signer = await verifySignedSet(running, { envelope, statements, signatures });
      const grants: Grant[] = [];
      for (const letter of statements) {
        grants.push(await giveGrant(running, letter, signer, { statement: letter, envelope, signatures }));
      }
      if (requestId !== undefined) await acceptRequest(running, requestId, grants);
      return { ids: grants.map((grant) => grant.id) };
    });
  }

  /** A signed set of transitions: all or none. Stopping needs any live key, resuming the template's full authority. */
  @Transaction()
  async transit(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'grants:transit', text, ANYONE, async (running, { envelope, statements, signatures }) => {
      const resumes = statements.some((statement) => statement.action === 'RESUME');
      const signer = await verifySignedSet(running, { envelope, statements, signatures }, resumes);
      for (const statement of statements) await transit(running, statement, signer, { statement, envelope, signatures });
      return { ids: statements.map((statement) => statement.grantId) };
    });
  }

  /** On a reported loss platform or node suspend; only the enterprise's signature resumes. */
  @Transaction()
  async 'suspend-for-loss'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'grants:suspend-for-loss', text, { roles: ['platform', 'provincialNode'] }, async (running, { grantId, keyId, reason }) => {
      const grant = await running.world.need('grant', grantId);
      running.assertCallerIs(grant.platform, running.ruleBook.node);
      const signatories = await running.world.need('signatories', grant.enterprise);
      if (!signatories.keys.some((key) => key.keyId === keyId && key.state === 'LOST')) throw DomainError.of('state-conflict', "no loss of this key is recorded: report it with signatories:report-lost first");
      running.save('grant', grantId, transitGrant(grant, 'SUSPEND', grant.version, reason, running.at), 'suspend', { reason });
      return { ids: [grantId] };
    });
  }
}

async function giveGrant(running: RunningTransaction, letter: Letter, signer: VerifiedSigner, signed: SignedStatement): Promise<Grant> {
  const { world, at, ruleBook } = running;
  const loan = letter.loanRef === undefined ? undefined : await world.get('loan', letter.loanRef);
  const participants = await participantsOf(running, letter);
  assertLetterIsLawful(letter, { at, ruleBook, ...signer, loan, participants });
  const template = ruleBook.templates[templateKey(letter.template)];
  const sufficient = template === undefined ? [] : keysSufficientFor(letter, template, signer.keys);
  const grant = grantFrom(letter, personHasSigned(signer.enterprise, sufficient), at);
  if ((await world.get('grant', grant.id)) !== undefined) throw DomainError.of('already-exists', 'this letter was submitted before');
  if (letter.supersedes !== undefined) await supersede(running, letter, letter.supersedes, grant);
  world.put('letter', grant.id, signed);
  running.save('grant', grant.id, grant, 'grant', { signed });
  return grant;
}

async function participantsOf(running: RunningTransaction, letter: Letter): Promise<Map<string, Participant>> {
  const ids = [letter.platform, ...(letter.recipient === ANY_RECIPIENT ? [] : [letter.recipient]), ...(letter.conduit === undefined ? [] : [letter.conduit])];
  const participants = new Map<string, Participant>();
  for (const id of ids) {
    const participant = running.ruleBook.participants[id] === undefined ? undefined : await running.world.get('participant', id);
    if (participant !== undefined) participants.set(id, participant);
  }
  return participants;
}

async function supersede(running: RunningTransaction, letter: Letter, former: { grantId: string; version: number }, grant: Grant): Promise<void> {
  const present = await running.world.need('grant', former.grantId);
  if (present.enterprise !== letter.enterprise) throw DomainError.of('not-yours', 'a grant is superseded by its own enterprise');
  running.save('grant', present.id, supersedeGrant(present, former.version, grant.id, running.at), 'supersede');
}

async function acceptRequest(running: RunningTransaction, id: string, grants: readonly Grant[]): Promise<void> {
  const request = await running.world.need('grant-request', id);
  const grant = grants.find((given) => given.enterprise === request.enterprise && given.platform === request.platform && given.recipient === request.recipient && given.purpose === request.purpose);
  if (grant === undefined) throw DomainError.of('statement-mismatch', 'none of the letters answers the request');
  if (request.state !== 'PENDING' || running.at >= request.until) throw DomainError.of('state-conflict', 'the request is answered or has lapsed');
  running.save('grant-request', id, { ...request, state: 'ACCEPTED', grantId: grant.id }, 'accept');
}

async function transit(running: RunningTransaction, statement: Transition, signer: VerifiedSigner, signed: SignedStatement): Promise<void> {
  const grant = await running.world.need('grant', statement.grantId);
  if (grant.enterprise !== statement.enterprise) throw DomainError.of('not-yours', 'the grant belongs to another enterprise');
  if (statement.action === 'RESUME') assertMayResume(running, grant, signer);
  const changed = transitGrant(grant, statement.action, statement.grantVersion, statement.reason, running.at);
  running.save('grant', grant.id, changed, VERB[statement.action], { signed, reason: statement.reason });
}

function assertMayResume(running: RunningTransaction, grant: Grant, { enterprise, signatories, keys }: VerifiedSigner): void {
  if (signatories.keys.some((key) => key.state === 'LOST')) throw DomainError.of('authority-insufficient', 'a key is reported lost: it must be ended before a grant is resumed');
  const template = running.ruleBook.templates[grant.template];
  if (template === undefined) throw DomainError.of('template-not-applicable', `template ${grant.template} is not in the rule book`);
  const sufficient = keysSufficientFor(grant, template, keys);
  const signed = capacitiesSigned(signatories, sufficient, { templateId: template.id, periodDays: periodDays(grant) }, running.at);
  if (!authorityIsReached(template.authority, signed, enterprise)) throw DomainError.of('authority-insufficient', "resuming needs the template's full authority");
}
