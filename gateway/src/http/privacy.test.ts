import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { saltedDigest, fromBase64url } from '@kesu/chaincode/domain';
import { CAST } from '../testing/test-cast';
import { subjectOf } from '../use-cases/subject-map';
import { CREDIT_CODE, HttpWorld, type Answered } from './testing/http-world';

const CODES = ['91619900MA6TEQTX1P', '91619900MA6TEQTX2T'] as const;
const NAMES = ['可溯示范商贸有限公司', '李示范'] as const;
/** A name whose composed and decomposed forms differ. */
const COMPOSED = 'Café 示范';
const DECOMPOSED = COMPOSED.normalize('NFD');

describe('names and codes', () => {
  let world: HttpWorld;
  beforeAll(async () => {
    world = await HttpWorld.open();
  });
  afterAll(() => world.dispose());

  const registration = (creditCode: string, name: string = NAMES[0]) => ({ creditCode, name, representativeName: NAMES[1], kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL' });
  const refOf = (answer: Answered) => (answer.body as { ids: string[] }).ids[0] ?? '';

  it('register once: a repeat answers the same, another body under the key and another registration conflict', async () => {
    const first = await world.post('/v1/enterprises', 'platform', registration(CODES[0]), 'register-one');
    expect(first.status).toBe(201);
    expect((await world.post('/v1/enterprises', 'platform', registration(CODES[0]), 'register-one')).body).toEqual(first.body);
    expect((await world.post('/v1/enterprises', 'platform', registration(CODES[0], '另一家'), 'register-one')).status).toBe(409);
    expect(await world.post('/v1/enterprises', 'platform', registration(CODES[0]), 'register-two')).toMatchObject({ status: 409, body: { code: 'already-exists' } });
    expect((await world.post('/v1/subject-refs', 'platform', { creditCode: CODES[0] })).body).toEqual({ subjectRef: refOf(first) });
  });

  it('gives two registrations of one code at the same time one ref', async () => {
    const answers = await Promise.all(['race-one', 'race-two'].map((key) => world.post('/v1/enterprises', 'platform', registration(CODES[1]), key)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
  });

  it('looks codes up for those concerned only, the same for strangers as for codes of nobody', async () => {
    world.tokens.set('demo-other', { kind: 'PARTICIPANT', id: 'platform-two', role: 'platform', demonstration: true });
    const foreign = await world.post('/v1/subject-refs', { token: 'demo-other' }, { creditCode: CREDIT_CODE });
    const nobodys = await world.post('/v1/subject-refs', { token: 'demo-other' }, { creditCode: '91619900MA6TEQTX0X' });
    expect([foreign.status, nobodys.status]).toEqual([404, 404]);
    expect({ ...(foreign.body as object), instance: '' }).toEqual({ ...(nobodys.body as object), instance: '' });
    expect((await world.post('/v1/subject-refs', 'node', { creditCode: CREDIT_CODE })).body).toEqual({ subjectRef: world.world.enterprise.ref });
    expect((await world.post('/v1/subject-refs', 'bank', { creditCode: CREDIT_CODE })).status).toBe(403);
    const lookups = [];
    for await (const { value } of world.releases.parts.store.entries('subject-lookups')) lookups.push(JSON.parse(value.toString()) as { by: string; found?: string });
    expect(lookups.filter((lookup) => lookup.by === 'platform-two')).toHaveLength(2);
    expect(lookups.at(-1)).not.toHaveProperty('creditCode');
  });

  it('show the same letter for a name in NFC and in NFD, and the identity opens the digest in the statement', async () => {
    const { enterprise } = world.world;
    const letters = [];
    for (const name of [COMPOSED, DECOMPOSED]) {
      await world.know(enterprise, CREDIT_CODE, name.normalize('NFC'));
      const set = (await world.letterSet()).body as { letters: { zh: { text: string } }[]; identity: { name: string }; identitySalt: string; statements: { identityDigest: string }[] };
      expect(set.identity.name).toBe(COMPOSED);
      expect(saltedDigest(fromBase64url(set.identitySalt) ?? new Uint8Array(), set.identity)).toBe(set.statements[0]?.identityDigest);
      letters.push(set.letters[0]?.zh.text);
    }
    expect(letters[1]).toBe(letters[0]);
    const refs = [];
    for (const [code, name] of [['91619900MA6TEQTX3X', COMPOSED], ['91619900MA6TEQTX41', DECOMPOSED]] as const) refs.push(refOf(await world.post('/v1/enterprises', 'platform', registration(code, name))));
    const stored = await Promise.all(refs.map((ref) => subjectOf(world.releases.parts, ref)));
    expect(stored.map((subject) => subject?.name)).toEqual([COMPOSED, COMPOSED]);
  });

  it('stand on no block, in no state, log or error text, nor do their unsalted hashes (I16)', async () => {
    const answers = [
      await world.giveGrant(),
      await world.release(),
      await world.post('/v1/enterprises', 'platform', registration(CODES[0])),
      await world.post('/v1/enterprises', 'platform', { ...registration(CODES[0]), surprise: CODES[0], [CODES[1]]: 1 }),
      await world.get(`/v1/enterprises/${CODES[0]}`, 'platform'),
      await world.get(`/v1/grants?enterprise=${CODES[0]}`, 'platform'),
      await world.get(`/${CODES[0]}`, { token: CODES[1] }),
      await world.send('POST', '/access/v1/evaluation', 'bank', { body: JSON.stringify({ subject: { type: 'recipient', id: CODES[0] } }), headers: { 'content-type': 'application/json', 'x-request-id': CODES[0] } }),
      await world.send('POST', '/v1/letter-sets', 'enterprise', { body: '{}', headers: { 'content-type': 'application/json', 'idempotency-key': CODES[0] } }),
      await world.send(CODES[0].slice(0, 4), '/', 'platform').catch(() => undefined),
    ];
    expect(answers.map((answer) => answer?.status)).toContain(201);
    const unsaid = [...CODES, CREDIT_CODE, ...NAMES, '示范有限公司', '张示范'];
    const hashes = [...CODES, CREDIT_CODE].flatMap((code) => ['sha256', 'sha1', 'md5', 'sha512', 'sm3'].flatMap((algorithm) => (['hex', 'base64url', 'base64'] as const).map((encoding) => createHash(algorithm).update(code).digest(encoding))));
    const logged = world.logged.join('');
    expect(world.logged.length).toBeGreaterThan(10);
    for (const line of world.logged) expect(() => JSON.parse(line) as unknown).not.toThrow();
    for (const one of [...unsaid, ...hashes]) expect([one, logged.includes(one)]).toEqual([one, false]);
    for (const answer of answers) for (const one of CODES) if (answer !== undefined && answer.status >= 400) expect([one, answer.status, answer.text.includes(one)]).toEqual([one, answer.status, false]);
    for (const file of await filesUnder(world.world.root)) {
      const bytes = await readFile(file);
      for (const one of [...unsaid, ...hashes]) expect([file, one, bytes.includes(one)]).toEqual([file, one, false]);
    }
  });

  it('are shown to the parties of a grant, never to auditors', async () => {
    world.tokens.set('demo-auditor', { kind: 'PARTICIPANT', id: 'audit-office', role: 'auditor', demonstration: true });
    const { ids: [grantId] = [] } = (await world.giveGrant()).body as { ids: string[] };
    const receipt = await world.get(`/v1/grants/${grantId}/receipt`, 'enterprise');
    expect(receipt.body).toMatchObject({ identity: { name: COMPOSED, creditCode: CREDIT_CODE }, letter: { zh: { title: '贷前授权书' } }, signed: { envelope: { type: 'kesu-statement-set' } } });
    const audited = await world.get(`/v1/grants/${grantId}/receipt`, { token: 'demo-auditor' });
    expect(audited.status).toBe(200);
    expect(audited.text).not.toContain(CREDIT_CODE);
    const printed = await fetch(`${world.url}/v1/grants/${grantId}/receipt?format=pdf`, { headers: { authorization: 'Bearer demo-bank' } });
    expect([printed.status, printed.headers.get('content-type'), Buffer.from(await printed.arrayBuffer()).subarray(0, 5).toString()]).toEqual([200, 'application/pdf', '%PDF-']);
    expect(CAST.bank).toBe('bank-one');
  });
});

async function filesUnder(folder: string): Promise<string[]> {
  const files = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) files.push(...(await filesUnder(path)));
    else files.push(path);
  }
  return files;
}
