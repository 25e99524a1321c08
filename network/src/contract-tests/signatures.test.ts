import { DAY_MILLIS, HOUR_MILLIS, instantOf, MINUTE_MILLIS } from '@kesu/chaincode/domain';
import { codeOf, DOCUMENT, LedgerWorld, type WorldEnterprise } from '../testing/ledger-world';

let world: LedgerWorld;
let by: WorldEnterprise;

beforeAll(async () => {
  world = await LedgerWorld.open();
  by = await world.addEnterprise();
});
afterAll(() => world.dispose());

const submit = (set: object) => codeOf(world.submit('city-platform', 'grants:submit', set as never));

/** S replaced by n − s: the twin that ECDSA accepts. */
function highS(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  const n = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const s = n - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  return Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]).toString('base64url');
}

describe('a signed set', () => {
  it.each(['P256', 'PASSKEY', 'SM2'] as const)('counts with a %s key', async (signer) => {
    const enterprise = await world.addEnterprise({ signer });
    const grant = await world.give(enterprise);
    await world.transit(enterprise, grant, 'REVOKE');
    expect((await world.grant(grant.id)).state).toBe('REVOKED');
  });

  it('counts once: its nonce is used', async () => {
    const letter = await world.letter(by);
    const set = world.sign([letter], { by });
    expect(await submit(set)).toBe('done');
    expect(await submit(set)).toBe('nonce-used');
    expect(await submit(world.sign([letter], { by }))).toBe('already-exists');
  });

  it('is refused as a high-S twin, with a flipped bit, or with a signature of another set', async () => {
    const set = world.sign([await world.letter(by)], { by });
    const [proof] = set.signatures;
    if (proof === undefined) throw new Error('no proof');
    const flipped = Buffer.from(proof.signature, 'base64url');
    flipped[10] = (flipped[10] ?? 0) ^ 1;
    const other = world.sign([await world.letter(by)], { by }).signatures;
    expect(await submit({ ...set, signatures: [{ ...proof, signature: highS(proof.signature) }] })).toBe('signature-not-low-s');
    expect(await submit({ ...set, signatures: [{ ...proof, signature: flipped.toString('base64url') }] })).toBe('signature-invalid');
    expect(await submit({ ...set, signatures: other })).toBe('signature-invalid');
    expect(await submit({ ...set, signatures: [proof, proof] })).toBe('signature-malformed');
    expect(await submit(set)).toBe('done');
  });

  it('is not taken from a key of another kind or another enterprise', async () => {
    const sm2 = await world.addEnterprise({ signer: 'SM2' });
    const passkey = await world.addEnterprise({ signer: 'PASSKEY' });
    const underKey = (enterprise: WorldEnterprise, signer: WorldEnterprise) => ({ keyId: enterprise.key.keyId, signer: signer.key.signer, holder: '' });
    expect(await submit(world.sign([await world.letter(sm2)], { by: sm2, keys: [underKey(sm2, by)] }))).toMatch(/^signature-/);
    expect(await submit(world.sign([await world.letter(by)], { by, keys: [underKey(by, sm2)] }))).toMatch(/^signature-/);
    expect(await submit(world.sign([await world.letter(passkey)], { by: passkey, keys: [underKey(passkey, by)] }))).toBe('signature-malformed');
    expect(await submit(world.sign([await world.letter(by)], { by, keys: [underKey(by, passkey)] }))).toBe('signature-malformed');
    expect(await submit(world.sign([await world.letter(by)], { by, keys: [sm2.key] }))).toBe('signing-key-unknown');
  });

  it('belongs to this network, these statements and one enterprise', async () => {
    const other = await world.addEnterprise();
    const letter = await world.letter(by);
    expect(await submit(world.sign([letter], { by, envelope: { network: '0'.repeat(32) } }))).toBe('network-mismatch');
    expect(await submit({ ...world.sign([letter], { by }), statements: [await world.letter(by)] })).toBe('statement-mismatch');
    expect(await submit({ ...world.sign([letter, await world.letter(by)], { by }), statements: [letter] })).toBe('statement-mismatch');
    expect(await submit(world.sign([letter, letter], { by }))).toBe('statement-mismatch');
    expect(await submit(world.sign([letter, await world.letter(other)], { by }))).toBe('statement-mismatch');
  });

  it('is in time: 24 h at most, 30 s ahead at most, before submitBefore', async () => {
    const signed = async (from: number, until: number) => submit(world.sign([await world.letter(by)], { by, envelope: { signedAt: instantOf(world.clock.time + from), submitBefore: instantOf(world.clock.time + until) } }));
    expect(await signed(0, DAY_MILLIS)).toBe('done');
    expect(await signed(0, DAY_MILLIS + 1)).toBe('statement-expired');
    expect(await signed(30_000, HOUR_MILLIS)).toBe('done');
    expect(await signed(30_001, HOUR_MILLIS)).toBe('statement-expired');
    expect(await signed(-HOUR_MILLIS, 1)).toBe('done');
    expect(await signed(-HOUR_MILLIS, 0)).toBe('statement-expired');
  });

  it('that resumes lives 10 minutes at most, and stays refused while a key is reported lost', async () => {
    const enterprise = await world.addEnterprise();
    const handler = await world.addKey(enterprise.ref, { capacity: 'HANDLER' });
    const grant = await world.give(enterprise);
    await world.transit(enterprise, grant, 'SUSPEND', { keys: [handler] });
    const suspended = await world.grant(grant.id);
    const resume = (until: number, key = enterprise.key) => codeOf(world.transit(enterprise, suspended, 'RESUME', { keys: [key], envelope: { submitBefore: instantOf(world.clock.time + until) } }));
    expect(await resume(10 * MINUTE_MILLIS + 1)).toBe('statement-expired');
    expect(await resume(10 * MINUTE_MILLIS, handler)).toBe('authority-insufficient');
    await world.submit('city-platform', 'signatories:report-lost', { ref: enterprise.ref, keyId: handler.keyId });
    expect(await resume(10 * MINUTE_MILLIS)).toBe('authority-insufficient');
    await world.submit('provincial-node', 'signatories:end-key', { ref: enterprise.ref, keyId: handler.keyId, reason: 'loss-settled' });
    expect(await resume(10 * MINUTE_MILLIS)).toBe('done');
  });

  it('stays possible although another platform reports a loss: only who verified the identity, or the node, may', async () => {
    const enterprise = await world.addEnterprise();
    await world.join(enterprise, 'other-platform');
    const lost = { ref: enterprise.ref, keyId: enterprise.key.keyId };
    expect(await codeOf(world.submit('other-platform', 'signatories:report-lost', lost))).toBe('not-yours');
    expect((await world.grant((await world.give(enterprise)).id)).state).toBe('ACTIVE');
    expect(await codeOf(world.submit('provincial-node', 'signatories:report-lost', lost))).toBe('done');
  });

  it('acts on the version of the grant that it names', async () => {
    const grant = await world.give(by);
    const suspend = world.sign([world.transition(grant, 'SUSPEND')], { by });
    const stale = world.sign([world.transition(grant, 'REVOKE')], { by });
    expect(await codeOf(world.submit('example-notary', 'grants:transit', suspend))).toBe('done');
    expect(await codeOf(world.submit('example-notary', 'grants:transit', stale))).toBe('version-conflict');
    expect(await codeOf(world.transit(by, await world.grant(grant.id), 'REVOKE', { carrier: 'other-bank' }))).toBe('done');
    expect(await codeOf(world.transit(by, await world.grant(grant.id), 'RESUME'))).toBe('state-conflict');
  });

  it("does nothing to another enterprise's grant", async () => {
    const other = await world.addEnterprise();
    const foreign = await world.give(other);
    expect(await codeOf(world.submit('city-platform', 'grants:transit', world.sign([{ ...world.transition(foreign, 'REVOKE'), enterprise: by.ref }], { by })))).toBe('not-yours');
    expect(await submit(world.sign([await world.letter(by, { supersedes: { grantId: foreign.id, version: 1 } })], { by }))).toBe('not-yours');
    expect((await world.grant(foreign.id)).state).toBe('ACTIVE');
  });
});

describe('a key', () => {
  it('signs only while it lives', async () => {
    const one = await world.addEnterprise();
    const give = async (keys = [one.key]) => submit(world.sign([await world.letter(one)], { by: one, keys }));
    const unconfirmed = await world.addKey(one.ref, { capacity: 'HANDLER', confirm: false });
    expect(await give([unconfirmed])).toBe('signing-key-not-live');
    await world.submit('provincial-node', 'signatories:object', { ref: one.ref, keyId: unconfirmed.keyId, evidenceDigest: DOCUMENT });
    expect(await give([unconfirmed])).toBe('signing-key-not-live');
    const short = await world.addKey(one.ref, { capacity: 'OPERATOR', holder: one.representative, until: world.clock.time + HOUR_MILLIS });
    expect(await give([short])).toBe('done');
    world.pass(HOUR_MILLIS);
    expect(await give([short])).toBe('signing-key-not-live');
    await world.submit('provincial-node', 'enterprises:change-representative', { ref: one.ref, representative: world.nextId(), documentDigest: DOCUMENT });
    expect(await give()).toBe('signing-key-not-live');
  });

  it('that was lost is replaced only 72 h after a notice', async () => {
    const one = await world.addEnterprise();
    await world.submit('city-platform', 'signatories:report-lost', { ref: one.ref, keyId: one.key.keyId });
    expect(await submit(world.sign([await world.letter(one)], { by: one }))).toBe('signing-key-not-live');
    const next = await world.addKey(one.ref, { holder: one.representative, confirm: false });
    const confirm = () => codeOf(world.submit('provincial-node', 'signatories:confirm-key', { ref: one.ref, keyId: next.keyId }));
    expect(await confirm()).toBe('state-conflict');
    await world.submit('provincial-node', 'signatories:record-notice', { ref: one.ref, keyId: next.keyId });
    world.pass(72 * HOUR_MILLIS - 1);
    expect(await confirm()).toBe('state-conflict');
    world.pass(1);
    expect(await confirm()).toBe('done');
    expect(await submit(world.sign([await world.letter(one)], { by: one, keys: [next] }))).toBe('done');
  });

  it('of a handler counts under a mandate of the legal representative', async () => {
    const one = await world.addEnterprise();
    const handler = await world.addKey(one.ref, { capacity: 'HANDLER' });
    const give = async () => submit(world.sign([await world.letter(one)], { by: one, keys: [handler] }));
    const mandate = { id: world.nextId(), holder: handler.holder, templates: ['GENERAL'], longestPeriodDays: 30, from: world.at, until: instantOf(world.clock.time + DAY_MILLIS) };
    const say = (action: 'GIVE' | 'REVOKE', key = one.key) => codeOf(world.submit('city-platform', 'signatories:submit-mandates', world.sign([{ kind: 'MANDATE' as const, enterprise: one.ref, action, mandate, ...world.identityOf() }], { by: one, keys: [key] })));
    expect(await give()).toBe('authority-insufficient');
    expect(await say('GIVE', handler)).toBe('authority-insufficient');
    expect(await say('GIVE')).toBe('done');
    expect(await give()).toBe('done');
    expect(await say('REVOKE')).toBe('done');
    expect(await give()).toBe('authority-insufficient');
    expect(await say('REVOKE')).toBe('state-conflict');
  });

  it('of the administrator alone signs for a bankrupt firm', async () => {
    const one = await world.addEnterprise();
    const grant = await world.give(one);
    const administrator = await world.addKey(one.ref, { capacity: 'ADMINISTRATOR' });
    await world.submit('provincial-node', 'enterprises:move', { ref: one.ref, to: 'BANKRUPT', documentDigest: DOCUMENT });
    expect(await codeOf(world.transit(one, grant, 'REVOKE'))).toBe('signing-key-not-live');
    expect(await codeOf(world.transit(one, grant, 'REVOKE', { keys: [administrator] }))).toBe('done');
  });

  it('of a person signs personal items and whatever an individual business grants', async () => {
    const items = [{ code: 'PER-01', version: 1, granularity: 'ANSWER' as const, separateConsent: true }];
    const person = await world.addKey(by.ref, { capacity: 'PERSON' });
    expect(await submit(world.sign([await world.letter(by, { items })], { by }))).toBe('consent-missing');
    expect(await submit(world.sign([await world.letter(by, { items })], { by, keys: [by.key, person] }))).toBe('done');
    const business = await world.addEnterprise({ kind: 'INDIVIDUAL_BUSINESS', capacity: 'OPERATOR' });
    expect((await world.give(business, { items })).personSigned).toBe(true);
    const handler = await world.addKey(business.ref, { capacity: 'HANDLER' });
    expect(await submit(world.sign([await world.letter(business)], { by: business, keys: [handler] }))).toBe('consent-missing');
  });

  it('with an origin that the policy does not list is not registered', async () => {
    const before = await world.read<{ policy: object }>('rule-book', 'current');
    await world.submit('provincial-node', 'rule-book:set-policy', { policy: { ...(before?.policy as never as Record<string, unknown>), passkeyOrigins: [] } as never, documentDigest: DOCUMENT });
    expect(await codeOf(world.addKey(by.ref, { signer: 'PASSKEY' }))).toBe('signing-key-insufficient');
    await world.submit('provincial-node', 'rule-book:set-policy', { policy: before?.policy as never, documentDigest: DOCUMENT });
  });
});

describe('a claimed time', () => {
  it('lies within 30 s of the clock', async () => {
    for (const [shift, expected] of [[30_000, 'done'], [-30_000, 'done'], [30_001, 'claimed-time-out-of-bounds'], [-30_001, 'claimed-time-out-of-bounds']] as const) {
      const call = world.submit('city-platform', 'enterprises:register', { ref: world.nextId(), kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL', representative: world.nextId() }, { claimedTime: world.clock.time + shift });
      expect([shift, await codeOf(call)]).toEqual([shift, expected]);
    }
  });
});

describe('a registration at a further platform', () => {
  const platformsOf = async (enterprise: WorldEnterprise) => (await world.read<{ platforms: string[] }>('enterprise', enterprise.ref))?.platforms;

  it('opens the platform by the enterprise\'s own signature, whoever carries it', async () => {
    const enterprise = await world.addEnterprise();
    await world.join(enterprise, 'other-platform', { carrier: 'other-platform' });
    expect(await platformsOf(enterprise)).toEqual(['city-platform', 'other-platform']);
    expect(await codeOf(world.join(enterprise, 'other-platform'))).toBe('already-exists');
    expect(await codeOf(world.join(enterprise, 'example-bank'))).toBe('participant-not-active');
    expect(await codeOf(world.join(enterprise, 'no-platform'))).toBe('participant-not-active');
  });

  it('is nothing that a platform, another enterprise or a handler can sign', async () => {
    const enterprise = await world.addEnterprise();
    const handler = await world.addKey(enterprise.ref, { capacity: 'HANDLER' });
    const person = await world.addKey(enterprise.ref, { capacity: 'PERSON' });
    const unsigned = { ...world.sign([world.registration(enterprise, 'other-platform')], { by: enterprise }), signatures: [] };
    expect(await codeOf(world.submit('other-platform', 'enterprises:join-platform', unsigned))).toBe('malformed-command');
    expect(await codeOf(world.join(enterprise, 'other-platform', { keys: [by.key] }))).toBe('signing-key-unknown');
    expect(await codeOf(world.join(enterprise, 'other-platform', { keys: [handler] }))).toBe('authority-insufficient');
    expect(await codeOf(world.join(enterprise, 'other-platform', { keys: [person] }))).toBe('authority-insufficient');
    expect(await platformsOf(enterprise)).toEqual(['city-platform']);
  });

  it('of a bankrupt is the administrator\'s, of a firm in liquidation the liquidator\'s too', async () => {
    const bankrupt = await world.addEnterprise();
    const administrator = await world.addKey(bankrupt.ref, { capacity: 'ADMINISTRATOR' });
    expect(await codeOf(world.join(bankrupt, 'other-platform', { keys: [administrator] }))).toBe('authority-insufficient');
    await world.submit('provincial-node', 'enterprises:move', { ref: bankrupt.ref, to: 'BANKRUPT', documentDigest: DOCUMENT });
    expect(await codeOf(world.join(bankrupt, 'other-platform'))).toBe('signing-key-not-live');
    expect(await codeOf(world.join(bankrupt, 'other-platform', { keys: [administrator] }))).toBe('done');
    const ending = await world.addEnterprise();
    const liquidator = await world.addKey(ending.ref, { capacity: 'LIQUIDATOR' });
    expect(await codeOf(world.join(ending, 'other-platform', { keys: [liquidator] }))).toBe('authority-insufficient');
    await world.submit('provincial-node', 'enterprises:move', { ref: ending.ref, to: 'LIQUIDATING', documentDigest: DOCUMENT });
    expect(await codeOf(world.join(ending, 'other-platform', { keys: [liquidator] }))).toBe('done');
  });
});
