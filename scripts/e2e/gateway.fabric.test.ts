import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Identity } from '@kesu/certs';
import { canonicalJson, fromBase64url, saltedDigest, volumeDigest, volumeIdOf, type EvidenceVolume } from '@kesu/chaincode/domain';
import { signWithKeyFile, type SigningKeyFile } from '../../gateway/src/signing-key-file';
import { aFile } from '../../gateway/src/testing/evidence-bodies';
import type { FabricLedger } from '../../network/src/fabric';
import { FabricTestNetwork } from '../../network/src/fabric/testing/test-network';
import { breachesOf } from '../../network/src/testing/history-checker';
import { aLetter, aRelease, ask, keyIn, signedSet, type Answered } from './gateway-calls';
import { endAll, freePort, kesu, launch, newPlace, removeRoom, started, type KesuProcess, type Place } from './kesu-process';
import { releaseIn, Stream } from './kill-rounds';
import { historyOf, releasesIn, type OnLedger } from './ledger-history';
import { printedCommands, runPrinted } from './run-printed';
import { signersOf } from './signers';
import { breachesOfAnswers, closing, DirectCalls, HeldWay, upgradeBuild } from './writes-in-upgrade';

/** The steps of a release at which the gateway is killed: see kill-at.mjs. */
const STEPS = ['before-endorsing', 'after-endorsing', 'after-submitting', 'after-commit', 'while-sending'] as const;
type Step = (typeof STEPS)[number];

const ENTERPRISES = 150;
const TOKEN = 'demo-platform';
const BANK_TOKEN = 'demo-recipient';
const BANK = 'example-rural-commercial-bank';
/** An outcome that a kill left unknown is definite after so long (I8). */
const DEFINITE_MILLIS = 60_000;

let network: FabricTestNetwork;
let ledger: FabricLedger;
/** Brings a revocation to the ledger while the gateway is down. */
let carrier: Identity;
let place: Place;
let gateway: KesuProcess;
/** Who signs in all rounds, each time a grant of its own. */
let key: SigningKeyFile;
const toClose: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const built = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--build'], { cwd: join(__dirname, '..', '..'), encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build fails: ${built.stdout}`);
  toClose.push(removeRoom);
  network = await FabricTestNetwork.up();
  toClose.push(() => network.down());
  ledger = await network.ledger();
  toClose.push(() => ledger.close(), endAll);
  carrier = await network.caller('jinglan-platform', 'platform', 'PlatformMSP');
  const made = newPlace('on-fabric', await freePort(), ENTERPRISES);
  const records = join(made.directory, 'kills');
  mkdirSync(records);
  const preload = pathToFileURL(join(__dirname, 'kill-at.mjs')).href;
  place = { ...made, env: { KESU_LEDGER: 'fabric', KESU_NETWORK: network.directory, NODE_OPTIONS: `--import=${preload}`, KILL_RECORDS: records } };
  gateway = launch(place);
  await gateway.says('stdout', /--reset/);
  const [signer] = signersOf(ENTERPRISES);
  key = keyIn(place, signer?.keyName ?? '');
}, 300_000);
afterAll(async () => {
  for (const close of toClose.reverse()) await close();
}, 120_000);

async function give(): Promise<string> {
  const set = await signedSet(place, key, { letters: [aLetter()] });
  expect((await ask(place, 'POST', '/v1/grants', TOKEN, set?.body)).status).toBe(201);
  return set?.grants[0] ?? '';
}

/** A case of a bank whose one volume, with a paper and a release, is sealed. */
async function aSealedCase(): Promise<string> {
  const idempotencyKey = randomUUID();
  await release(await give(), idempotencyKey);
  const released = (await onlyReleaseOf(idempotencyKey)).release.id;
  const lodge = async (path: string, body: object): Promise<void> => {
    const answered = await ask(place, 'POST', `/v1/evidence-cases${path}`, BANK_TOKEN, body);
    expect([path, answered.status < 300, answered.body]).toEqual([path, true, answered.body]);
  };
  await lodge('', { kind: 'PRESERVATION', authority: 'example-notary', party: 'RECIPIENT', enterprise: key.enterprise, platform: 'qinxinrong', recipient: BANK });
  const { body } = await ask(place, 'GET', `/v1/evidence-cases?recipient=${BANK}`, BANK_TOKEN);
  const id = (body.entries as { record: { id: string } }[])[0]?.record.id ?? '';
  await lodge(`/${id}/volumes`, { subject: 'CONTRACT' });
  const at = new Date().toISOString();
  const provenance = { source: BANK, mechanism: 'SIGNED_ONLINE', producedAt: at, custody: [{ place: 'DOCUMENT_SYSTEM', holder: BANK, since: at }], digestedAt: at };
  await lodge(`/${id}/volumes/1/items`, { items: [aFile('LOAN_CONTRACT', at, { provenance }), { source: 'LEDGER', link: { kind: 'RELEASE', id: released } }] });
  const reader = await network.caller('provincial-node', 'provincialNode', 'NodeMSP');
  const { result } = await ledger.evaluate({ identity: reader, transaction: 'records:read', command: canonicalJson({ kind: 'evidence-volume', id: volumeIdOf(id, 1) }) });
  await lodge(`/${id}/volumes/1/seal`, { digest: volumeDigest(ledger.network, (JSON.parse(result) as { record: EvidenceVolume }).record) });
  return id;
}

/** A signed revocation as a command of the contract, so that anyone may carry it. */
async function signedRevocation(grantId: string): Promise<string> {
  const { status, body } = await ask(place, 'POST', '/v1/letter-sets', TOKEN, { enterprise: key.enterprise, keyIds: [key.keyId], transitions: [{ grantId, action: 'REVOKE' }] });
  expect(status).toBe(201);
  const bytes = Buffer.from(String(body.bytes), 'base64url');
  return canonicalJson({ operation: randomUUID().replaceAll('-', ''), envelope: JSON.parse(bytes.toString('utf8')) as unknown, statements: body.statements, signatures: [signWithKeyFile(key, bytes)] });
}

function release(grantId: string, idempotencyKey: string): Promise<Answered> {
  return ask(place, 'POST', '/v1/releases', TOKEN, aRelease(key, grantId), idempotencyKey);
}

/** What arrived of an answer before the connection broke; `isWhole` when it didn't break. */
async function received(grantId: string, idempotencyKey: string): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const chunks: Buffer[] = [];
  const textOf = (): string => Buffer.concat(chunks).toString('utf8');
  try {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    const response = await fetch(`http://localhost:${place.port}/v1/releases`, { method: 'POST', headers, body: JSON.stringify(aRelease(key, grantId)) });
    for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk as Uint8Array));
    return { text: textOf(), isWhole: true };
  } catch {
    return { text: textOf(), isWhole: false };
  }
}

/** What the requester's key became, as the gateway tells it. */
async function toldOf(idempotencyKey: string): Promise<string> {
  const { status, body } = await ask(place, 'GET', `/v1/operations/${idempotencyKey}`, TOKEN);
  return status === 404 ? 'NONE' : `${String(body.state)} ${String(body.releaseId)}`;
}

/** The only release that the ledger holds under a key (I7). */
async function onlyReleaseOf(idempotencyKey: string, through?: number): Promise<OnLedger> {
  const found = releasesIn(await historyOf(ledger, through)).filter((one) => one.release.idempotencyKey === idempotencyKey);
  expect(found).toHaveLength(1);
  return found[0] as OnLedger;
}

/** An answer is of the one release under its key, where it stands; its data are those whose digest the ledger holds (I2, I6). */
async function expectOnLedger(answered: Answered, idempotencyKey: string): Promise<void> {
  const told = releaseIn(answered);
  const { release: recorded, position } = await onlyReleaseOf(idempotencyKey, (told.position as { block: number }).block);
  expect([told.id, told.decision, told.position]).toEqual([recorded.id, recorded.decision, position]);
  if (told.data === undefined || told.data === null) return;
  expect(recorded.decision).toBe('PERMIT');
  const { salt } = answered.body.receipt as { salt: string };
  expect(saltedDigest(fromBase64url(salt) ?? Buffer.alloc(0), told.data)).toBe(recorded.payloadDigest);
}

describe('the gateway on Fabric', () => {
  it('filled the ledger today with keys of which each enterprise’s first may sign', async () => {
    const signers = signersOf(ENTERPRISES);
    expect(signers.length).toBeGreaterThan(5);
    for (const { keyName } of signers) {
      const { enterprise, keyId } = keyIn(place, keyName);
      const { status } = await ask(place, 'POST', '/v1/letter-sets', TOKEN, { enterprise, keyIds: [keyId], letters: [aLetter()] });
      expect([keyName, status]).toEqual([keyName, 201]);
    }
  }, 60_000);

  it('prints commands that work, releases, repeats, revokes, denies and traces', async () => {
    const [check, printed] = await Promise.all(printedCommands(gateway.stdout).map((text) => runPrinted(text, place.directory)));
    expect(check).toMatchObject({ decision: true });
    expect(printed).toMatchObject({ release: { decision: 'PERMIT' }, data: { items: expect.arrayContaining([expect.objectContaining({ code: expect.any(String) as string })]) as unknown } });

    const grantId = await give();
    const slot = randomUUID();
    const first = await release(grantId, slot);
    expect(first).toMatchObject({ status: 201, body: { release: { decision: 'PERMIT' }, data: { items: [{ code: 'TAX-02' }] } } });
    await expectOnLedger(first, slot);
    expect((await release(grantId, slot)).body.release).toEqual(first.body.release);
    expect(await toldOf(slot)).toBe(`DONE ${releaseIn(first).id}`);

    const set = await signedSet(place, key, { transitions: [{ grantId, action: 'REVOKE' }] });
    expect((await ask(place, 'POST', '/v1/grants', TOKEN, set?.body)).status).toBe(201);
    const denied = await release(grantId, randomUUID());
    expect(denied).toMatchObject({ status: 200, body: { release: { decision: 'DENY', reason: 'grant-revoked' } } });

    const { body } = await ask(place, 'GET', `/v1/trace/enterprises/${key.enterprise}`, 'demo-auditor');
    const rows = (body.entries as { release: { id: string }; state: string }[]).map((row) => [row.release.id, row.state]);
    expect(rows).toEqual(expect.arrayContaining([[releaseIn(first).id, 'DELIVERED'], [releaseIn(denied).id, expect.any(String)]]));
  }, 60_000);

  it('seals a case and gives out its blocks, which a notary verifies alone', async () => {
    const id = await aSealedCase();
    const files = { bundle: join(place.directory, 'case.asice'), annex: join(place.directory, 'annex.json'), trust: join(place.directory, 'trust.json') };
    const as = ['--url', `http://localhost:${place.port}`, '--token', 'demo-provincial-node'];
    const made = [
      await kesu(place, ['evidence', 'bundle', id, '--out', files.bundle, ...as]),
      await kesu(place, ['evidence', 'annex', id, '--out', files.annex, '--reason', 'court-order', '--operator', 'CLERK-1', ...as]),
      await kesu(place, ['evidence', 'trust', '--out', files.trust, ...as]),
    ];
    expect(made.map(({ code, stderr }) => [code, stderr])).toEqual(made.map(() => [0, '']));
    for (const file of [files.bundle, files.annex]) {
      const { code, stdout } = await kesu(place, ['verify', file, '--trust', files.trust]);
      expect([file, code, stdout]).toEqual([file, 0, expect.stringContaining('proven')]);
    }
    const { stdout } = await kesu(place, ['verify', files.annex, '--trust', files.trust]);
    expect(stdout).toContain('endorsed by peers of 2 or more organisations');
  }, 120_000);

  it('writes on while the chaincode is upgraded: nothing is lost, done twice or refused', async () => {
    const way = await HeldWay.to(network.topology.organisations.find(({ mspId }) => mspId === 'PlatformMSP')?.peer.port ?? 0);
    const organisations = network.profile.organisations.map((one) => (one.mspId === 'PlatformMSP' ? { ...one, peers: one.peers.map((peer) => ({ ...peer, url: way.url })) } : one));
    const held = await network.ledger({ profile: { ...network.profile, organisations } });
    const split = new DirectCalls(held, carrier);
    await split.submit(closing(carrier));
    const late = closing(carrier);
    const endorsedBefore = await ledger.endorse(late.call);

    const direct = new DirectCalls(ledger, carrier);
    const stream = new Stream(place, signersOf(ENTERPRISES).slice(1, 4).map(({ keyName }) => keyIn(place, keyName)));
    const answered = (): number => stream.attempts.filter((attempt) => attempt.answered !== undefined).length;
    const further = async (answers: number): Promise<void> => {
      for (const enough = answered() + answers; answered() < enough; ) await stream.next();
    };
    const running = Promise.all([stream.run(), direct.run(4)]);
    let from = 0;
    let during = 0;
    try {
      await further(20);
      from = (await ledger.head()).block;
      during = -answered() - direct.done.length;
      // The node endorses the split call by the old definition; the platform is asked when the new one is committed.
      const { sequence, millis } = await upgradeBuild(network, () => {
        way.hold();
        void split.submit(closing(carrier));
      });
      during += answered() + direct.done.length;
      process.stdout.write(`upgraded in ${millis} ms under ${during} writes\n`);
      expect(sequence).toBe(2);
      way.release();
      await held.close();
      await expect(ledger.commit(endorsedBefore)).rejects.toMatchObject({ kind: 'conflict' });
      await direct.submit(late);
      await further(20);
    } finally {
      direct.end();
      stream.end();
      await running;
      way.close();
    }

    const blocks = await historyOf(ledger, Math.max(...stream.attempts.map((attempt) => (attempt.answered?.body.position as { block: number } | undefined)?.block ?? 0)));
    const lost = blocks.slice(from).flatMap(({ transactions }) => transactions.filter(({ validity }) => validity !== 'VALID').map(({ transaction, validity }) => `${transaction} ${validity}`));
    process.stdout.write(`lost the race against the upgrade: ${lost.join(', ')}\n`);
    expect(during).toBeGreaterThan(20);
    expect([split.done.length, split.conflicts]).toEqual([2, 0]);
    expect([direct.failed, split.failed]).toEqual([[], []]);
    expect([...direct.breachesIn(blocks), ...split.breachesIn(blocks)]).toEqual([]);
    expect(breachesOfAnswers(blocks, stream.attempts)).toEqual([]);
    expect(breachesOf(blocks)).toEqual([]);
  }, 120_000);

  /** Every key of the rounds, with what it was told to have become. */
  const became = new Map<string, string>();

  /** What a killed release's repeat is answered, whether or not its grant was revoked while the gateway was down. */
  function expectRepeat(step: Step, isRevoked: boolean, repeated: Answered): void {
    if (step === 'before-endorsing' || step === 'after-endorsing') {
      if (isRevoked) expect(repeated).toMatchObject({ status: 200, body: { release: { decision: 'DENY', reason: 'grant-revoked' } } });
      else expect(repeated).toMatchObject({ status: 201, body: { release: { decision: 'PERMIT' }, data: { items: [{ code: 'TAX-02' }] } } });
      return;
    }
    const isSentAgain = step === 'while-sending' && !isRevoked;
    expect(repeated).toMatchObject({ status: 201, body: { release: { decision: 'PERMIT' }, data: isSentAgain ? { items: [{ code: 'TAX-02' }] } : null } });
  }

  const ROUNDS = STEPS.flatMap((step) => [[step, 'goes on', false], [step, 'is revoked meanwhile', true]] as const);

  it.each(ROUNDS)('killed %s has one definite effect; its grant %s', async (step, _title, isRevoked) => {
    const grantId = await give();
    const revocation = await signedRevocation(grantId);
    const slot = `kill.${step}.${randomUUID()}`;
    const part = await received(grantId, slot);
    const killedAt = Date.now();
    expect(await gateway.ended).toMatchObject({ signal: 'SIGKILL' });
    expect([part.isWhole, part.text.length > 0]).toEqual([false, step === 'while-sending']);
    if (isRevoked) await ledger.submit({ identity: carrier, transaction: 'grants:transit', command: revocation });

    gateway = await started(place);
    const told = await toldOf(slot);
    const isRecorded = step !== 'before-endorsing' && step !== 'after-endorsing';
    expect(told).toBe(isRecorded ? `DONE ${(await onlyReleaseOf(slot)).release.id}` : 'NONE');
    const shown = isRecorded ? (await ask(place, 'GET', `/v1/releases/${told.slice('DONE '.length)}`, TOKEN)).body.state : undefined;
    expect(shown).toBe(step === 'after-submitting' || step === 'after-commit' ? 'FAILED' : isRecorded ? 'PENDING' : undefined);
    expect(Date.now() - killedAt).toBeLessThan(DEFINITE_MILLIS);

    const repeated = await release(grantId, slot);
    expectRepeat(step, isRevoked, repeated);
    await expectOnLedger(repeated, slot);
    // In RFC 8785 form a repeat has the same bytes: what arrived before the kill is of this release and of no other.
    if (step === 'while-sending' && !isRevoked) expect(canonicalJson(repeated.body).startsWith(part.text)).toBe(true);
    became.set(slot, await toldOf(slot));
    expect(became.get(slot)).toBe(`DONE ${releaseIn(repeated).id}`);

    const another = randomUUID();
    const next = await release(grantId, another);
    await expectOnLedger(next, another);
    const mayBeUsedAgain = step === 'after-submitting' || step === 'after-commit';
    expect([releaseIn(next).decision, next.body.data !== undefined && next.body.data !== null]).toEqual(!isRevoked && mayBeUsedAgain ? ['PERMIT', true] : ['DENY', false]);
  }, 90_000);

  it('holds all of it at the end: answers, ledger, projection', async () => {
    expect(became.size).toBe(ROUNDS.length);
    for (const [slot, told] of became) expect([slot, await toldOf(slot)]).toEqual([slot, told]);
    expect(await gateway.stop()).toMatchObject({ code: 0 });
    const blocks = await historyOf(ledger);
    expect(breachesOf(blocks)).toEqual([]);
    const slots = releasesIn(blocks).map((one) => one.release.idempotencyKey);
    expect(new Set(slots).size).toBe(slots.length);
    expect((await ledger.verify(new AbortController().signal)).problems).toEqual([]);
    const verified = await kesu(place, ['index', 'verify', '--json']);
    expect([verified.code, verified.stderr]).toEqual([0, '']);
  }, 60_000);
});
