import { DAY_MILLIS, instantOf, MINUTE_MILLIS } from '@kesu/chaincode/domain';
import { CAST, DOCUMENT } from '../testing/test-cast';
import { HttpWorld, type Caller } from './testing/http-world';

/** What a check remembers (tokens, records, absences, the text of the head) must never outlive what it was made from. */
describe('a check of what changed since the one before', () => {
  let http: HttpWorld;
  beforeEach(async () => {
    http = await HttpWorld.open();
  });
  afterEach(() => http.dispose());

  const answerOf = async (caller: Caller = 'bank', world = http) => {
    const { projection } = world.releases;
    await projection.caughtUp();
    // What still waits for the disk is answered from memory: a stale value would show only behind it.
    await projection.written();
    const { status, body } = await world.check({}, caller);
    const { decision, context } = body as { decision?: boolean; context?: { reason?: string; asOf: unknown } };
    if (status === 200) expect(context?.asOf).toEqual(await world.world.ledger.head());
    return status === 200 ? (context?.reason ?? decision) : status;
  };
  const grant = (terms: Parameters<HttpWorld['world']['giveGrant']>[0] = {}) => http.world.giveGrant({ purpose: 'EVALUATION', ...terms });

  it('sees a grant, its suspension, its resumption and its revocation', async () => {
    expect(await answerOf()).toBe('no-grant');
    const { grant: given } = await grant();
    const seen = [await answerOf()];
    for (const action of ['SUSPEND', 'RESUME', 'REVOKE'] as const) {
      await http.world.transit(given.id, action);
      seen.push(await answerOf());
    }
    expect(seen).toEqual([true, 'grant-suspended', true, 'grant-revoked']);
  });

  it('sees the first use of a grant whose counter it had not found, and the next period', async () => {
    const { grant: given } = await grant({ frequency: { times: 1, per: 'DAY' } });
    expect([await answerOf(), await answerOf()]).toEqual([true, true]);
    await http.world.recordRelease({ grant: given });
    expect(await answerOf()).toBe('frequency-exceeded');
    http.world.pass(DAY_MILLIS);
    expect(await answerOf()).toBe(true);
  });

  it('sees the end of a grant at its instant, without any block', async () => {
    await grant({ until: instantOf(http.world.clock.time + 5 * MINUTE_MILLIS) });
    expect(await answerOf()).toBe(true);
    http.world.pass(5 * MINUTE_MILLIS - 1);
    expect(await answerOf()).toBe(true);
    http.world.pass(1);
    expect(await answerOf()).toBe('grant-expired');
  });

  it('sees that a participant was suspended and resumed, whose record is kept decoded', async () => {
    await grant();
    expect(await answerOf('platform')).toBe(true);
    const order = { id: CAST.bank, reason: 'regulators-order', documentDigest: DOCUMENT };
    await http.world.submit(CAST.node, 'participants:suspend', order);
    expect([await answerOf('platform'), await answerOf('bank')]).toEqual(['participant-not-admitted', 'participant-not-admitted']);
    await http.world.submit(CAST.node, 'participants:resume', order);
    expect(await answerOf('platform')).toBe(true);
  });

  it('sees that a template was withdrawn, in the rule book that is kept decoded', async () => {
    const { grant: given } = await grant();
    expect(await answerOf()).toBe(true);
    const [id = '', version = ''] = given.template.split('@');
    await http.world.submit(CAST.node, 'templates:withdraw', { id, version: Number(version), forExisting: true, documentDigest: DOCUMENT });
    expect(await answerOf()).toBe('template-withdrawn');
  });

  it('refuses a token that is over although it was known, and one that was never given', async () => {
    await grant();
    const token = await http.machineToken('platform');
    expect([await answerOf({ token }), await answerOf({ token })]).toEqual([true, true]);
    http.world.pass(10 * MINUTE_MILLIS);
    expect([await answerOf({ token }), await answerOf({ token: `${token}x` }), await answerOf({ token: 'none' })]).toEqual([401, 401, 401]);
  });

  it('keeps two gateways of one process apart', async () => {
    const other = await HttpWorld.open();
    try {
      await grant();
      expect([await answerOf(), await answerOf('bank', other), await answerOf(), await answerOf('bank', other)]).toEqual([true, 'no-grant', true, 'no-grant']);
    } finally {
      await other.dispose();
    }
  });
});
