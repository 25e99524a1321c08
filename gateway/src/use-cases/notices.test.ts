import { join } from 'node:path';
import { instantOf, DAY_MILLIS } from '@kesu/chaincode/domain';
import { nodeFiles, openPrivateJournal, type PrivateJournal } from '@kesu/network';
import { pino } from 'pino';
import { Projection } from '../projection';
import { TestWorld } from '../testing/test-world';
import { NoticeOutbox, type SentNotice } from './notices';

const log = pino({ level: 'silent' });

describe('the outbox of notices', () => {
  let world: TestWorld;
  let projection: Projection;
  let store: PrivateJournal;
  let sent: SentNotice[];
  let refuses: boolean;
  let outbox: NoticeOutbox;

  beforeEach(async () => {
    world = await TestWorld.open();
    projection = await Projection.open({ directory: join(world.root, 'projection'), ledger: world.ledger, log });
    store = await openPrivateJournal({ files: nodeFiles, directory: join(world.root, 'private'), anchorDirectory: join(world.root, 'anchors'), keyFile: join(world.root, 'key') });
    sent = [];
    refuses = false;
    const send = (notice: SentNotice): Promise<void> => (refuses ? Promise.reject(new Error('no line')) : Promise.resolve(void sent.push(notice)));
    outbox = new NoticeOutbox({ ledger: world.ledger, readModel: projection, store, clock: world.clock, channel: { name: 'test', send }, log });
  });

  afterEach(async () => {
    await projection.close();
    await store.close();
    await world.dispose();
  });

  /** Reads all events that are committed now. */
  async function read(): Promise<void> {
    const { block } = await world.ledger.head();
    const aborting = new AbortController();
    const following = outbox.follow(aborting.signal).catch(() => undefined);
    while (Number((await store.get('notices-position', 'block'))?.toString() ?? -1) < block) await new Promise((resolve) => setImmediate(resolve));
    aborting.abort();
    await following;
  }

  async function kindsSent(): Promise<string[]> {
    sent = [];
    await outbox.sendDue();
    return sent.filter(({ to }) => to === world.enterprise.ref).map(({ kind }) => kind);
  }

  it('tells of a grant, and 7 days before its end, while it is in force', async () => {
    const { grant } = await world.giveGrant({ purpose: 'RISK_MONITORING', until: instantOf(world.clock.time + 20 * DAY_MILLIS) });
    await read();
    expect(await kindsSent()).toContain('GRANT_GIVEN');
    expect(await kindsSent()).toEqual([]);
    world.pass(13 * DAY_MILLIS);
    expect(await kindsSent()).toEqual(['GRANT_ENDS_IN_7_DAYS']);
    expect(sent.every(({ subject, kind }) => kind !== 'GRANT_ENDS_IN_7_DAYS' || subject === grant.id)).toBe(true);
  });

  it('does not announce the end of a grant that was revoked', async () => {
    const { grant } = await world.giveGrant({ purpose: 'RISK_MONITORING', until: instantOf(world.clock.time + 20 * DAY_MILLIS) });
    await world.revoke(grant.id);
    await read();
    expect(await kindsSent()).toEqual(expect.arrayContaining(['GRANT_GIVEN', 'GRANT_CHANGED']));
    world.pass(13 * DAY_MILLIS);
    await projection.caughtUp();
    expect(await kindsSent()).toEqual([]);
  });

  it('keeps what a channel refuses, and sends it later under the same id, once', async () => {
    await world.giveGrant({ purpose: 'RISK_MONITORING' });
    await read();
    refuses = true;
    expect(await kindsSent()).toEqual([]);
    refuses = false;
    const [waiting] = (await outbox.list(world.enterprise.ref, { limit: 1 })).entries;
    world.pass(DAY_MILLIS);
    expect(await kindsSent()).toContain('GRANT_GIVEN');
    expect(sent.map(({ id }) => id)).toContain(waiting?.id);
    expect(await kindsSent()).toEqual([]);
    expect((await outbox.acknowledge(world.enterprise.ref, waiting?.id ?? '')).acknowledgedAt).toBe(world.at);
  });

  it('reads each block once over restarts', async () => {
    await world.giveGrant({ purpose: 'RISK_MONITORING' });
    await read();
    await world.giveGrant({ purpose: 'RISK_MONITORING' });
    await read();
    const given = (await kindsSent()).filter((kind) => kind === 'GRANT_GIVEN');
    expect(given).toHaveLength(2);
  });
});
