import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, giveUseBack, hasLimit, PARTICIPANT_ROLES, type OutcomeRecord, type Release } from '../domain';
import type { CommandOf } from '../transactions';
import { permittedRelease, recordedRelease } from './recorded-release';
import { askForNamed, recordReleases } from './release-recording';
import { transact, type RunningTransaction } from './transact';

const SENDERS = { roles: ['provincialNode', 'platform'] } as const;
/** A suspended or exited participant still owes the account of what it sent and received. */
const ACCOUNT = { roles: PARTICIPANT_ROLES, states: ['ADMITTED', 'SUSPENDED', 'EXITED'] } as const;

/** Releases (信息提供): decided and recorded before the first byte leaves. */
@Info({ title: 'releases', description: 'Releases, their outcomes and acknowledgements' })
export class ReleasesContract extends Contract {
  constructor() {
    super('releases');
  }

  /** Decides the requests of a batch in order and records PERMIT or DENY of each. */
  @Transaction()
  async record(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'releases:record', text, SENDERS, async (running, { operation, requests }) => ({ releases: await recordReleases(running, operation, requests) }), (world, { requests }) => askForNamed(world, requests));
  }

  /** What became of releases, by their sender. */
  @Transaction()
  async 'record-outcomes'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'releases:record-outcomes', text, ACCOUNT, async (running, { outcomes }) => {
      await Promise.all(outcomes.flatMap(({ releaseId }) => [recordedRelease(running.world, releaseId), running.world.get('outcome', releaseId)]));
      for (const outcome of outcomes) await recordOutcome(running, outcome);
      return { ids: outcomes.map((outcome) => outcome.releaseId) };
    });
  }

  /** What arrived, by the recipient. */
  @Transaction()
  async acknowledge(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'releases:acknowledge', text, ACCOUNT, async (running, { acknowledgements }) => {
      await Promise.all(acknowledgements.flatMap(({ releaseId }) => [recordedRelease(running.world, releaseId), running.world.get('acknowledgement', releaseId)]));
      for (const { releaseId, payloadDigest } of acknowledgements) {
        const release = await permittedRelease(running.world, releaseId);
        running.assertCallerIs(release.recipient);
        if (release.payloadDigest !== payloadDigest) throw DomainError.of('digest-mismatch', 'the digest is not the recorded one: what arrived is not what was recorded');
        if ((await running.world.get('acknowledgement', releaseId)) !== undefined) throw DomainError.of('already-exists', 'the release is acknowledged already');
        const acknowledgement = { releaseId, payloadDigest, by: running.caller.id, at: running.at };
        running.world.put('acknowledgement', releaseId, acknowledgement);
        running.events.push({ kind: 'acknowledgement', acknowledgement });
      }
      return { ids: acknowledgements.map((acknowledgement) => acknowledgement.releaseId) };
    });
  }
}

async function recordOutcome(running: RunningTransaction, reported: CommandOf<'releases:record-outcomes'>['outcomes'][number]): Promise<void> {
  const { world, at } = running;
  const release = await permittedRelease(world, reported.releaseId);
  running.assertCallerIs(release.sender);
  if ((await world.get('outcome', release.id)) !== undefined) throw DomainError.of('already-exists', 'the outcome is recorded already');
  const outcome: OutcomeRecord = { ...reported, at };
  world.put('outcome', release.id, outcome);
  const counter = await counterGivenBack(running, release, outcome);
  running.events.push({ kind: 'outcome', outcome, ...(counter === undefined ? {} : { grantId: release.grantId ?? '', counter }) });
}

/** FAILED before the first byte by the node's own gateway gives a use back; nobody else can take a use back. */
async function counterGivenBack(running: RunningTransaction, release: Release, outcome: OutcomeRecord) {
  if (outcome.outcome !== 'FAILED' || outcome.bytesSent > 0 || release.sender !== running.ruleBook.node || release.grantId === undefined) return undefined;
  const grant = await running.world.need('grant', release.grantId);
  const counter = hasLimit(grant) ? await running.world.get('use-counter', grant.id) : undefined;
  if (counter === undefined) return undefined;
  const givenBack = giveUseBack(grant, counter, release.id, release.claimedTime);
  running.world.put('use-counter', grant.id, givenBack);
  return givenBack;
}
