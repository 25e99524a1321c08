import { fromBase64, HOUR_MILLIS } from '@kesu/chaincode/domain';
import { derOfPem, parseCertificate, verifyTimestamp, type TimestampAuthority } from '@kesu/verifier';
import { DevelopmentTimestampAuthority } from './timestamp-authority';
import { overHttp, timestampClient, type StampTime } from './timestamp-client';
import type { CheckpointPublisher } from '../evidence-log';
import { openReleaseParts, release } from '../use-cases';
import { recordRelease } from '../use-cases/record-release';
import { CheckpointTimestamps } from './checkpoint-timestamps';
import { LogWorld } from '../evidence-log/testing/log-world';

const GRACE = 4 * HOUR_MILLIS;

describe('timestamps of checkpoints', () => {
  let world: LogWorld;
  let trusted: TimestampAuthority;
  let stampTime: StampTime;
  let isDown: boolean;
  let close: () => Promise<void>;
  let publisher: CheckpointPublisher | undefined;

  beforeEach(async () => {
    world = await LogWorld.open();
    isDown = false;
    const authority = await DevelopmentTimestampAuthority.open(world.releases.parts.store, world.world.clock);
    const served = await authority.serve();
    close = () => served.stop();
    trusted = { name: 'test authority', development: true, roots: [parseCertificate(derOfPem(authority.root, 'trust-malformed'))] };
    const ask = timestampClient([{ ...trusted, ask: overHttp(served.url) }], world.releases.parts);
    stampTime = (bytes) => (isDown ? Promise.reject(new Error('no line')) : ask(bytes));
    publisher = (await world.openLog()).publisher;
  });
  afterEach(async () => {
    await close();
    await world.dispose();
  });

  const open = () => {
    const { store, clock, log } = world.releases.parts;
    if (publisher === undefined) throw new Error('the log is not published');
    return CheckpointTimestamps.open({ publisher, stampTime, store, clock, graceMillis: GRACE, log });
  };
  const isFresh = (timestamps: CheckpointTimestamps): boolean => {
    try {
      timestamps.assertFresh();
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'not-ready', retryAfterSeconds: 60 });
      return false;
    }
  };

  it('are verified tokens over the published checkpoint, kept over a restart, and renewed before the grace is over though nothing was added', async () => {
    const timestamps = await open();
    await timestamps.stampDue();
    const { newest } = timestamps;
    const token = fromBase64(newest?.token ?? '') ?? new Uint8Array();
    expect(verifyTimestamp(token, Buffer.from(newest?.checkpoint ?? ''), [trusted])).toMatchObject({ authority: { name: trusted.name } });
    expect((await open()).newest).toEqual(newest);
    world.world.pass(GRACE / 8 - 1);
    await timestamps.stampDue();
    expect(timestamps.newest).toEqual(newest);
    world.world.pass(1);
    await timestamps.stampDue();
    expect(timestamps.newest?.at).toBe(world.world.at);
  });

  it('older than the grace hold every release, not the answer to a repeat; the next timestamp opens again', async () => {
    const timestamps = await open();
    await timestamps.stampDue();
    isDown = true;
    const parts = await openReleaseParts(world.releases.parts, {}, () => timestamps.assertFresh());
    const { grant } = await world.world.giveGrant();
    await world.releases.projection.caughtUp();
    const ask = (idempotencyKey: string) => release(parts, { requester: world.releases.requester('platform'), request: world.releases.request(grant), idempotencyKey });
    expect(await ask('in-time')).toMatchObject({ kind: 'PERMIT' });
    world.world.pass(GRACE);
    await timestamps.stampDue();
    expect(isFresh(timestamps)).toBe(true);
    world.world.pass(1);
    expect(isFresh(timestamps)).toBe(false);
    const { block } = await world.world.ledger.head();
    await expect(ask('too-late')).rejects.toMatchObject({ code: 'not-ready' });
    const held = { requester: world.releases.requester('platform', true), request: world.releases.request(grant), idempotencyKey: 'held-too-late', payloadDigest: 'ab'.repeat(32), byteCount: 1 };
    await expect(recordRelease(parts, held)).rejects.toMatchObject({ code: 'not-ready' });
    await parts.outcomes.flush();
    expect((await ask('in-time')).release.decision).toBe('PERMIT');
    expect((await world.world.ledger.head()).block - block).toBeLessThanOrEqual(1);
    isDown = false;
    await timestamps.stampDue();
    expect(await ask('after')).toMatchObject({ kind: 'PERMIT' });
    await parts.close();
  });

  it('that never came hold releases too, from the first opening on and not from the last', async () => {
    isDown = true;
    const timestamps = await open();
    await timestamps.stampDue();
    world.world.pass(GRACE);
    expect(isFresh(timestamps)).toBe(true);
    world.world.pass(1);
    expect(isFresh(await open())).toBe(false);
  });
});
