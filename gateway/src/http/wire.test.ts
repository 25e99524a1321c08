import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { ITEMS } from '../testing/test-cast';
import { MAX_BODY_BYTES, MAX_JSON_DEPTH } from './limits';
import { HttpWorld, type Answered } from './testing/http-world';

const JSON_TYPE = { 'content-type': 'application/json', 'idempotency-key': 'a-key-of-the-wire-test' };

describe('what comes over the wire', () => {
  let world: HttpWorld;
  beforeAll(async () => {
    world = await HttpWorld.open();
  });
  afterAll(() => world.dispose());

  const codeOf = ({ status, body }: Answered) => [status, (body as { code?: string }).code];
  const head = async () => (await world.world.ledger.head()).block;
  const evaluation = () => ({
    subject: { type: 'recipient', id: 'bank-one' },
    action: { name: 'read' },
    resource: { type: 'catalogue-item', id: ITEMS.collected, properties: { enterprise: world.world.enterprise.ref } },
    context: { purpose: 'EVALUATION' },
  });
  const PATHS = ['/v1/releases', '/access/v1/evaluation', '/v1/sessions/challenge', '/v1/grants'];
  const callerOf = (path: string) => (path === '/access/v1/evaluation' ? 'bank' : 'platform');

  const malformed: readonly [string, string | Uint8Array, number, string][] = [
    ['nothing', '', 400, 'malformed-body'],
    ['no JSON', '{', 400, 'malformed-body'],
    ['two values', '{} {}', 400, 'malformed-body'],
    ['a byte order mark', '\ufeff{}', 400, 'malformed-body'],
    ['a list', '[]', 400, 'malformed-body'],
    ['null', 'null', 400, 'malformed-body'],
    ['a member twice', '{"enterprise":"a","enterprise":"b"}', 400, 'malformed-body'],
    ['a member twice, once escaped', '{"enterprise":"a","\\u0065nterprise":"b"}', 400, 'malformed-body'],
    ['bytes that are not UTF-8', Buffer.from('{"a":"\xff"}', 'latin1'), 400, 'malformed-body'],
    ['one level too deep', `${'['.repeat(MAX_JSON_DEPTH + 1)}${']'.repeat(MAX_JSON_DEPTH + 1)}`, 400, 'malformed-body'],
    ['sixty thousand levels', '['.repeat(60_000), 400, 'malformed-body'],
    ['a string that hides its brackets', `{"a":"${'\\"['.repeat(100)}"}`, 400, 'malformed-body'],
    ['a lone surrogate', '{"enterprise":"\\ud800"}', 400, 'malformed-body'],
    ['one byte too many', JSON.stringify({ a: 'x'.repeat(MAX_BODY_BYTES) }), 413, 'body-too-large'],
    ['ten megabytes', Buffer.alloc(10 * 1024 * 1024, 0x20), 413, 'body-too-large'],
    ['prototype members', '{"__proto__":{"a":1},"constructor":{}}', 400, 'malformed-body'],
  ];

  it.each(PATHS.flatMap((path) => malformed.map(([what, body, status, code]) => [`${path}: ${what}`, path, body, status, code] as const)))('refuses at %s', async (_name, path, body, status, code) => {
    const before = await head();
    expect(codeOf(await world.send('POST', path, callerOf(path), { body, headers: JSON_TYPE }))).toEqual([status, code]);
    expect(await head()).toBe(before);
  });

  it.each([
    ['none', undefined],
    ['text', 'text/plain'],
    ['JSON in Latin-1', 'application/json; charset=iso-8859-1'],
    ['a form', 'application/x-www-form-urlencoded'],
  ])('answers 400 for a body of the type %s, on both handlers', async (_name, type) => {
    for (const path of ['/v1/releases', '/access/v1/evaluation']) {
      const headers = { 'idempotency-key': 'k', ...(type === undefined ? { 'content-type': '' } : { 'content-type': type }) };
      expect(codeOf(await world.send('POST', path, callerOf(path), { body: JSON.stringify(evaluation()), headers }))).toEqual([400, 'media-type-not-supported']);
    }
  });

  it('refuses unknown members by pointer, except at the check, which ignores them', async () => {
    const answer = await world.release({ surprise: 1 });
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed-body', errors: [{ pointer: '', detail: expect.stringContaining('surprise') }] } });
    expect((await world.check({ surprise: { deep: [1] }, context: { purpose: 'EVALUATION', more: true } })).status).toBe(200);
  });

  it('names the place of each fault', async () => {
    const answer = await world.release({ items: [{ code: 'tax', granularity: 'ALL' }], purpose: 'CURIOSITY' });
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer)).toEqual(expect.arrayContaining(['/items/0/code', '/items/0/granularity', '/purpose']));
  });

  it('refuses floats, doubled parameters, unknown parameters and limits above 100', async () => {
    expect(codeOf(await world.letterSet({ enterprise: world.world.enterprise.ref, letters: [world.wantedLetter({ retentionDays: 1.5 })] }))).toEqual([400, 'malformed-body']);
    for (const query of ['limit=0', 'limit=101', 'limit=1&limit=2', 'colour=red', 'limit=1e1', 'cursor=%00', 'cursor=none-of-ours']) expect([query, (await world.get(`/v1/grants?${query}`, 'platform')).status]).toEqual([query, 400]);
  });

  it('names a code of the wrong check character by its pointer and never repeats it', async () => {
    const answer = await world.post('/v1/enterprises', 'platform', { creditCode: '91619900MA6TEQTX00', name: '甲', representativeName: '乙', kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL' });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/creditCode' }] } });
    expect(answer.text).not.toContain('91619900MA6TEQTX00');
  });

  it('needs an idempotency key that is no number of a person or firm', async () => {
    const body = JSON.stringify({ enterprise: world.world.enterprise.ref, letters: [world.wantedLetter()] });
    expect(codeOf(await world.send('POST', '/v1/letter-sets', 'enterprise', { body, headers: { 'content-type': 'application/json' } }))).toEqual([400, 'idempotency-key-missing']);
    for (const key of ['91619900MA6TEQTX0L', '110101199003077758', '13912345678']) expect(codeOf(await world.send('POST', '/v1/letter-sets', 'enterprise', { body, headers: { ...JSON_TYPE, 'idempotency-key': key } }))).toEqual([400, 'idempotency-key-refused']);
  });

  it('answers a repeat of a letter set with the same bytes, and another under its key with 409', async () => {
    const wanted = { enterprise: world.world.enterprise.ref, letters: [world.wantedLetter()] };
    const [first, again] = [await world.post('/v1/letter-sets', 'enterprise', wanted, 'set-key-one'), await world.post('/v1/letter-sets', 'enterprise', wanted, 'set-key-one')];
    expect(again.body).toEqual(first.body);
    expect(codeOf(await world.post('/v1/letter-sets', 'enterprise', { ...wanted, letters: [world.wantedLetter({ retentionDays: 29 })] }, 'set-key-one'))).toEqual([409, 'idempotency-conflict']);
  });

  it('answers other methods with 405 and other paths with 404', async () => {
    expect(codeOf(await world.send('DELETE', '/v1/grants', 'platform'))).toEqual([405, 'method-not-allowed']);
    expect(codeOf(await world.send('GET', '/access/v1/evaluation', 'platform'))).toEqual([405, 'method-not-allowed']);
    for (const path of ['/v1/nothing', '/v1/grants/', '/V1/grants', '/v1/grants/%ff', '/v1/grants/..%2f..%2fetc', '//v1/grants']) expect([path, ...codeOf(await world.get(path, 'platform'))]).toEqual([path, 404, 'not-found']);
  });

  it('answers by Host: anything but loopback is refused in the demonstration', async () => {
    const { port } = new URL(world.url);
    const ask = (host: string, path: string) =>
      new Promise<number>((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port, path, headers: { host, authorization: 'Bearer demo-platform' } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    for (const path of ['/v1/grants', '/docs', '/.well-known/authzen-configuration']) {
      expect([path, await ask(`localhost:${port}`, path)]).toEqual([path, 200]);
      expect([path, await ask(`[::1]:${port}`, path)]).toEqual([path, 200]);
      for (const host of ['kesu.example', 'localhost.kesu.example', '127.0.0.1.kesu.example', '10.0.0.1']) expect([host, await ask(host, path)]).toEqual([host, 403]);
    }
  });

  it('titles its problems in the language asked for', async () => {
    const title = async (language: string | undefined) => ((await world.send('GET', '/v1/nothing', 'platform', { headers: language === undefined ? {} : { 'accept-language': language } })).body as { title: string }).title;
    expect(await title('en-GB,zh;q=0.4')).toBe('It does not exist or is not yours');
    expect(await title('fr, zh-CN;q=0.9, en;q=0.5')).toBe('不存在,或者不属于您');
    expect(await title('fr')).toBe('不存在,或者不属于您');
  });

  it('echoes X-Request-ID at the check, and nowhere what is no visible text', async () => {
    const sent = (path: string, id: string) => world.send('POST', path, 'bank', { body: JSON.stringify(evaluation()), headers: { ...JSON_TYPE, 'x-request-id': id } });
    expect((await sent('/access/v1/evaluation', 'abc-123')).headers.get('x-request-id')).toBe('abc-123');
    expect((await sent('/access/v1/evaluation', 'a b')).headers.get('x-request-id')).not.toBe('a b');
    expect((await sent('/v1/self-queries', 'abc-123')).headers.get('x-request-id')).not.toBe('abc-123');
  });

  it('evaluates a list as it evaluates one by one, with defaults and short-circuit semantics', async () => {
    await world.giveGrant();
    const other = { ...evaluation().resource, id: ITEMS.open };
    const list = async (options: object) => ((await world.post('/access/v1/evaluations', 'bank', { ...evaluation(), evaluations: [{}, { context: { purpose: 'POST_LOAN' } }, { resource: other }], ...options })).body as { evaluations: { decision: boolean }[] }).evaluations.map((answer) => answer.decision);
    const alone = [(await world.check()).body, (await world.check({ context: { purpose: 'POST_LOAN' } })).body, (await world.check({ resource: other })).body].map((body) => (body as { decision: boolean }).decision);
    expect(await list({})).toEqual(alone);
    expect(alone.slice(0, 2)).toEqual([true, false]);
    expect(await list({ options: { evaluations_semantic: 'deny_on_first_deny' } })).toEqual([true, false]);
    expect(await list({ options: { evaluations_semantic: 'permit_on_first_permit' } })).toEqual([true]);
    expect((await world.post('/access/v1/evaluations', 'bank', { ...evaluation(), evaluations: Array.from({ length: 101 }, () => ({})) })).status).toBe(400);
  });

  it('closes on a client that sends no HTTP', async () => {
    const { port } = new URL(world.url);
    const answered = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), '127.0.0.1', () => void socket.end('HELLO\r\n\r\n'));
      socket
        .on('data', (chunk) => (text += chunk.toString()))
        .on('close', () => resolve(text))
        .on('error', reject);
    });
    expect(answered).toMatch(/^HTTP\/1.1 400/);
  });
});
