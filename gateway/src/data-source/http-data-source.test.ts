import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf, type SignedSourceAnswer } from '@kesu/chaincode/domain';
import { makeEnterprises } from '../demonstration/enterprises';
import { ProviderBatch } from '../demonstration/provider-batches';
import { ProviderRecords } from '../demonstration/provider-records';
import { type AcceptedBatch, type DemonstrationProvider, providerRequestListener, type ProviderServerOptions, signAnswer } from '../demonstration/provider-server';
import { type AnswerBody, answerDigestOf } from './answer-wire';
import type { SourceRequest } from './data-source';
import { HttpDataSource, type HttpDataSourceOptions } from './http-data-source';
import { SourceError } from './source-error';
import type { KnownBatch } from './verify-answer';

const NETWORK = 'ab'.repeat(16);
const KEY_ID = 'cd'.repeat(16);
const BATCH_ID = 'ef'.repeat(16);
const NOW = Date.UTC(2026, 2, 10, 4);
const SEED = 7;
const LIVE = ['TAX-03', 'UTL-01'];

const enterprises = makeEnterprises(SEED).slice(0, 30);
const records = new ProviderRecords(enterprises.map(({ profile }) => profile), SEED, 2025);
const covered = enterprises.slice(0, 20).map(({ subjectRef, profile }) => ({ subjectRef, subject: profile.subject }));
const [subject] = enterprises as [(typeof enterprises)[number]];
const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const provider: DemonstrationProvider = { id: 'tax-service', token: 'a-token', keyId: KEY_ID, privateKey: pair.privateKey, items: ['TAX-03', 'UTL-01', 'REG-05'] };
const batch = new ProviderBatch(records, 'REG-05', 1, instantOf(NOW - 86_400_000), covered, Buffer.alloc(32, 7));

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  for (const event of ['connection', 'secureConnection']) server.on(event, (socket: Socket) => sockets.add(socket));
  closers.push(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return (server.address() as AddressInfo).port;
}

function serverOptions(change: Partial<ProviderServerOptions> = {}): ProviderServerOptions {
  const accepted: AcceptedBatch = { batchId: BATCH_ID, batch };
  return { network: NETWORK, providers: [provider], records, isAskedLive: (item) => LIVE.includes(item), batchOf: () => accepted, now: () => NOW, ...change };
}

function source(endpoint: string, change: Partial<HttpDataSourceOptions> = {}, known: Partial<KnownBatch> = {}): HttpDataSource {
  const registered: KnownBatch = { item: 'REG-05', itemVersion: 1, provider: 'tax-service', digest: batch.summary.digest, isAccepted: true, ...known };
  const made = new HttpDataSource({
    trust: {
      provider: 'tax-service',
      network: NETWORK,
      keyOf: (keyId) => (keyId === KEY_ID ? spkiOf(pair.publicKey) : undefined),
      isAskedLive: (item) => LIVE.includes(item),
      batchOf: (batchId) => Promise.resolve(batchId === BATCH_ID ? registered : undefined),
    },
    endpoint,
    authentication: { kind: 'BEARER', token: 'a-token' },
    resolveSubject: (ref) => Promise.resolve(enterprises.find(({ subjectRef }) => subjectRef === ref)?.profile.subject),
    now: () => NOW,
    limits: { connectMillis: 2_000, totalMillis: 5_000, bodyBytes: 1_000_000 },
    ...change,
  });
  closers.push(() => made.close());
  return made;
}

function spkiOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64url');
}

function aRequest(change: Partial<SourceRequest> = {}): SourceRequest {
  return { item: 'TAX-03', itemVersion: 1, subjectRef: subject.subjectRef, requestId: '01'.repeat(16), signal: new AbortController().signal, ...change };
}

async function failureOf(run: Promise<unknown>): Promise<SourceError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SourceError)) throw new Error(`no SourceError: ${String(error)}`);
  expect(error.message).not.toContain(subject.profile.subject);
  return error;
}

async function honest(change: Partial<ProviderServerOptions> = {}): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(providerRequestListener(serverOptions(change))))}/providers/tax-service/answers`;
}

async function serving(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}/answers`;
}

/** A server that answers with an honest live body changed by `change`, signed again unless told otherwise. */
async function lying(change: (body: AnswerBody) => AnswerBody): Promise<string> {
  const rows = [...records.rowsOf('TAX-03', subject.profile.subject, instantOf(NOW))];
  return serving((request, response) => {
    request.resume();
    const salt = Buffer.alloc(32, 1).toString('base64url');
    const digest = answerDigestOf(salt, { item: 'TAX-03', itemVersion: 1, subjectRef: subject.subjectRef, rows });
    const answer: SignedSourceAnswer = { type: 'source-answer', network: NETWORK, item: 'TAX-03', itemVersion: 1, subjectRef: subject.subjectRef, rows: rows.length, digest, time: instantOf(NOW) };
    const body = change({ answer, rows, salt, keyId: KEY_ID, signature: signAnswer(answer, pair.privateKey) });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}

function resigned(body: AnswerBody, answer: Partial<SignedSourceAnswer>, key = pair.privateKey): AnswerBody {
  const changed = { ...body.answer, ...answer };
  return { ...body, answer: changed, signature: signAnswer(changed, key) };
}

describe('a live answer', () => {
  it('is believed when everything holds, and names the enterprise by its ref only', async () => {
    const answer = await source(await honest()).fetch(aRequest({ range: { from: '2025-03', to: '2025-08' } }));
    expect(answer).toMatchObject({ item: 'TAX-03', itemVersion: 1, provider: 'tax-service', subjectRef: subject.subjectRef, keyId: KEY_ID, time: instantOf(NOW) });
    expect(answer.rows.length).toBe(answer.rowCount);
    expect(new Set(answer.rows.map((row) => row['period'])).size).toBe(6);
    expect(answer.batchId).toBeUndefined();
    expect(JSON.stringify(answer)).not.toContain(subject.profile.subject);
  });

  it('of no record is an answer too, and its digest is salted anew each time', async () => {
    const unknown = source(await honest(), { resolveSubject: () => Promise.resolve('91619901MA00000000') });
    const first = await unknown.fetch(aRequest());
    const second = await unknown.fetch(aRequest());
    expect([first.rows, second.rows]).toEqual([[], []]);
    expect(first.digest).not.toBe(second.digest);
  });

  it('carries the credit code in the body only', async () => {
    const seen: string[] = [];
    const listener = providerRequestListener(serverOptions());
    const port = await listen(
      createServer((request, response) => {
        seen.push(`${request.url ?? ''} ${JSON.stringify(request.headers)}`);
        listener(request, response);
      }),
    );
    await source(`http://127.0.0.1:${port}/providers/tax-service/answers`).fetch(aRequest());
    expect(seen).toHaveLength(1);
    expect(seen.join()).not.toContain(subject.profile.subject);
  });

  it.each<[string, (body: AnswerBody) => AnswerBody, RegExp]>([
    ['rows that were changed', (body) => ({ ...body, rows: body.rows.map((row, at) => (at === 0 ? { ...row, paidFen: 1 } : row)) }), /digest is not that of its rows/],
    ['a digest of other rows', (body) => resigned(body, { digest: '11'.repeat(32) }), /digest is not that of its rows/],
    ['another salt', (body) => ({ ...body, salt: Buffer.alloc(32, 2).toString('base64url') }), /digest is not that of its rows/],
    ['fewer rows than signed', (body) => ({ ...body, rows: body.rows.slice(1) }), /signs \d+ rows and brings/],
    ["another enterprise's ref", (body) => resigned(body, { subjectRef: '22'.repeat(16) }), /another enterprise/],
    ['another item', (body) => resigned(body, { item: 'UTL-01' }), /another item/],
    ['another version', (body) => resigned(body, { itemVersion: 2 }), /another item or version/],
    ['another ledger', (body) => resigned(body, { network: '33'.repeat(16) }), /another ledger/],
    ['an old time', (body) => resigned(body, { time: instantOf(NOW - 61_000) }), /a minute off/],
    ['a time to come', (body) => resigned(body, { time: instantOf(NOW + 61_000) }), /a minute off/],
    ["a stranger's signature", (body) => resigned(body, {}, stranger.privateKey), /signature-invalid/],
    ['a signature over something else', (body) => ({ ...resigned(body, { time: instantOf(NOW + 1) }), answer: body.answer }), /signature-invalid/],
    ['the high-S twin of its signature', (body) => ({ ...body, signature: highS(body.signature) }), /signature-not-low-s/],
    ['an unregistered key', (body) => ({ ...body, keyId: '44'.repeat(16) }), /not registered/],
    ['a member nobody asked for', (body) => ({ ...body, more: 1 }) as AnswerBody, /breaks the format/],
    ['a row of another shape', (body) => ({ ...body, rows: [{ ...body.rows[0], more: 1 }, ...body.rows.slice(1)] }), /row 0 has not/],
    ['an amount with a fraction', (body) => ({ ...body, rows: [{ ...body.rows[0], paidFen: 0.5 }, ...body.rows.slice(1)] }), /row 0 has not/],
    ['a batch, though the item is asked live', (body) => ({ ...body, batch: { batchId: BATCH_ID, index: 0, size: 1, path: [] } }), /asked live/],
  ])('with %s is not believed', async (_what, change, sentence) => {
    const error = await failureOf(source(await lying(change)).fetch(aRequest()));
    expect(error.kind).toBe('invalid-answer');
    expect(error.message).toMatch(sentence);
  });

  it('for another range than asked is not believed', async () => {
    const error = await failureOf(source(await lying((body) => body)).fetch(aRequest({ range: { from: '2025-01', to: '2025-02' } })));
    expect(error.message).toMatch(/digest is not that of its rows/);
  });
});

function highS(signature: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  return Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]).toString('base64url');
}

describe('an answer from a batch', () => {
  it('is believed when its rows belong to the accepted batch', async () => {
    const answers = source(await honest());
    for (const { subjectRef } of covered) {
      const answer = await answers.fetch(aRequest({ item: 'REG-05', subjectRef }));
      expect(answer.batchId).toBe(BATCH_ID);
    }
  });

  it.each<[string, Partial<KnownBatch>, RegExp]>([
    ['that is not accepted', { isAccepted: false }, /not accepted/],
    ['with another digest', { digest: '55'.repeat(32) }, /don't belong to the batch/],
    ['of another item', { item: 'PRO-02' }, /another item or provider/],
    ['of another provider', { provider: 'high-court' }, /another item or provider/],
  ])('%s is not believed', async (_what, known, sentence) => {
    const error = await failureOf(source(await honest(), {}, known).fetch(aRequest({ item: 'REG-05' })));
    expect(error.kind).toBe('invalid-answer');
    expect(error.message).toMatch(sentence);
  });

  it("of a batch made anew with other rows doesn't pass for the accepted one", async () => {
    const other = new ProviderBatch(records, 'REG-05', 1, instantOf(NOW - 3_600_000), covered.slice(0, 19), Buffer.alloc(32, 7));
    const endpoint = await honest({ batchOf: () => ({ batchId: BATCH_ID, batch: other }) });
    expect((await failureOf(source(endpoint).fetch(aRequest({ item: 'REG-05' })))).message).toMatch(/don't belong/);
  });

  it('about an enterprise that the batch lacks is unavailable and says what to do', async () => {
    const error = await failureOf(source(await honest()).fetch(aRequest({ item: 'REG-05', subjectRef: enterprises[25]?.subjectRef ?? '' })));
    expect(error.kind).toBe('unavailable');
    expect(error.message).toMatch(/ask the provider for a new batch/);
  });

  it('without a batch is not believed', async () => {
    const endpoint = await honest({ isAskedLive: () => true });
    expect((await failureOf(source(endpoint).fetch(aRequest({ item: 'REG-05' })))).message).toMatch(/names no batch/);
  });
});

describe('the exchange', () => {
  it('gives up after the time limit', async () => {
    const endpoint = await serving((request) => void request.resume());
    const error = await failureOf(source(endpoint, { limits: { totalMillis: 80 } }).fetch(aRequest()));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(/time limit/);
  });

  it('gives up an answer that drips', async () => {
    const endpoint = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect((await failureOf(source(endpoint, { limits: { totalMillis: 150 } }).fetch(aRequest()))).kind).toBe('unavailable');
  });

  it('stops when the caller gives up', async () => {
    const controller = new AbortController();
    const endpoint = await serving(() => controller.abort());
    expect((await failureOf(source(endpoint).fetch(aRequest({ signal: controller.signal })))).message).toMatch(/given up/);
  });

  it('does not begin when the caller gave up before', async () => {
    let asked = 0;
    const endpoint = await serving(() => asked++);
    expect((await failureOf(source(endpoint).fetch(aRequest({ signal: AbortSignal.abort() })))).message).toMatch(/given up/);
    expect(asked).toBe(0);
  });

  it.each([['announced', true], ['not announced', false]])('refuses an answer over the size limit, %s', async (_what, announced) => {
    const endpoint = await serving((request, response) => {
      request.resume();
      response.on('error', () => undefined);
      response.writeHead(200, { 'content-type': 'application/json', ...(announced ? { 'content-length': 2_000_000 } : {}) });
      for (let part = 0; part < 20; part++) response.write(' '.repeat(100_000));
      response.end();
    });
    const error = await failureOf(source(endpoint).fetch(aRequest()));
    expect(error).toMatchObject({ kind: 'invalid-answer' });
    expect(error.message).toMatch(/larger than 1000000 bytes/);
  });

  it('refuses an endless answer at the size limit, not at the time limit', async () => {
    const endpoint = await serving((request, response) => {
      request.resume();
      response.on('error', () => undefined);
      response.writeHead(200, { 'content-type': 'application/json' });
      const write = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', write);
      write();
    });
    expect((await failureOf(source(endpoint).fetch(aRequest()))).message).toMatch(/larger than/);
  });

  it.each([301, 302, 307, 308])('follows no redirect (%i)', async (status) => {
    let asked = 0;
    const elsewhere = await serving((_request, response) => {
      asked++;
      response.end();
    });
    const endpoint = await serving((request, response) => {
      request.resume();
      response.writeHead(status, { location: elsewhere }).end();
    });
    const error = await failureOf(source(endpoint).fetch(aRequest()));
    expect(error.message).toMatch(/redirects/);
    expect(asked).toBe(0);
  });

  it('refuses an answer that breaks off', async () => {
    const endpoint = await serving((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
      response.write('{"answer":', () => response.destroy());
    });
    const error = await failureOf(source(endpoint).fetch(aRequest()));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(/broke off/);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ['HTML', { 'content-type': 'text/html' }, '{}', /content type/],
    ['a compressed body', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{}', /compressed/],
    ['half a JSON', { 'content-type': 'application/json' }, '{"answer":', /not JSON/],
    ['JSON of another form', { 'content-type': 'application/json; charset=utf-8' }, '{"answer":1}', /breaks the format at/],
    ['a byte order mark', { 'content-type': 'application/json' }, '\ufeff{}', /not JSON/],
  ])('refuses %s', async (_what, headers, body, sentence) => {
    const endpoint = await serving((request, response) => {
      request.resume();
      response.writeHead(200, headers).end(body);
    });
    const error = await failureOf(source(endpoint).fetch(aRequest()));
    expect(error.kind).toBe('invalid-answer');
    expect(error.message).toMatch(sentence);
  });

  it.each([
    [401, 'unavailable', /renew the token/],
    [403, 'unavailable', /renew the token/],
    [429, 'unavailable', /out of order/],
    [503, 'unavailable', /out of order/],
    [204, 'invalid-answer', /status 204/],
    [400, 'invalid-answer', /status 400/],
  ])('says what to do about status %i', async (status, kind, sentence) => {
    const endpoint = await serving((request, response) => {
      request.resume();
      response.writeHead(status).end();
    });
    const error = await failureOf(source(endpoint).fetch(aRequest()));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(sentence);
  });

  it('is refused with a wrong token', async () => {
    const error = await failureOf(source(await honest(), { authentication: { kind: 'BEARER', token: 'another' } }).fetch(aRequest()));
    expect(error.message).toMatch(/status 401/);
  });

  it('asks nothing about an enterprise without a credit code here', async () => {
    let asked = 0;
    const endpoint = await serving(() => asked++);
    expect((await failureOf(source(endpoint, { resolveSubject: () => Promise.resolve(undefined) }).fetch(aRequest()))).kind).toBe('unavailable');
    expect(asked).toBe(0);
  });

  it('reuses its connection', async () => {
    let connections = 0;
    const server = createServer(providerRequestListener(serverOptions()));
    server.on('connection', () => connections++);
    const answers = source(`http://127.0.0.1:${await listen(server)}/providers/tax-service/answers`);
    for (let time = 0; time < 5; time++) await answers.fetch(aRequest());
    expect(connections).toBe(1);
  });

  it('tries once more when the connection fails before a byte, and no more than once', async () => {
    const listener = providerRequestListener(serverOptions());
    let failures = 1;
    let connections = 0;
    const inner = await listen(createServer(listener));
    const port = await listen(
      createTcpServer((socket) => {
        connections++;
        socket.on('error', () => undefined);
        if (failures-- > 0) return void socket.resetAndDestroy();
        forward(socket, inner);
      }),
    );
    const answers = source(`http://127.0.0.1:${port}/providers/tax-service/answers`);
    expect((await answers.fetch(aRequest())).rowCount).toBeGreaterThan(0);
    expect(connections).toBe(2);
    answers.close();
    failures = 99;
    expect((await failureOf(answers.fetch(aRequest()))).message).toMatch(/no connection/);
    expect(connections).toBe(4);
  });

  it('does not try again when bytes of an answer came', async () => {
    let connections = 0;
    const port = await listen(
      createTcpServer((socket) => {
        connections++;
        socket.on('error', () => undefined);
        socket.once('data', () => socket.write('HTTP/1.1 2', () => socket.destroy()));
      }),
    );
    expect((await failureOf(source(`http://127.0.0.1:${port}/answers`).fetch(aRequest()))).kind).toBe('unavailable');
    expect(connections).toBe(1);
  });

  it('says so when nothing listens', async () => {
    const port = await listen(createTcpServer());
    for (const close of closers.splice(0)) await close();
    expect((await failureOf(source(`http://127.0.0.1:${port}/answers`).fetch(aRequest()))).message).toMatch(/no connection/);
  });

  it.each(['http://example.org/a', 'ftp://127.0.0.1/a', 'http://127.0.0.1/a?subject=1', 'http://user:secret@127.0.0.1/a', 'http://127.0.0.1.example.org/a'])('refuses the address %s', (endpoint) => {
    expect(() => source(endpoint)).toThrow(TypeError);
  });
});

function forward(socket: Socket, port: number): void {
  const onward = connect(port, '127.0.0.1');
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
  socket.pipe(onward).pipe(socket);
}

describe('mutual TLS', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kesu-source-'));
    for (const root of ['root', 'other-root']) makeCertificate(root);
    makeCertificate('server', 'root', 'subjectAltName=IP:127.0.0.1');
    makeCertificate('client', 'root');
    makeCertificate('other-client', 'other-root');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function openssl(...options: string[]): void {
    execFileSync('openssl', options, { cwd: folder, stdio: 'pipe' });
  }

  function makeCertificate(name: string, issuer?: string, extension?: string): void {
    const subjectOf = ['-subj', `/CN=${name}`];
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
    if (issuer === undefined) return openssl('req', '-x509', '-new', '-key', `${name}.key`, ...subjectOf, '-days', '2', '-out', `${name}.pem`);
    openssl('req', '-new', '-key', `${name}.key`, ...subjectOf, '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), extension ?? 'extendedKeyUsage=clientAuth');
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  }

  function pem(file: string): string {
    return readFileSync(join(folder, file), 'utf8');
  }

  async function tlsEndpoint(): Promise<string> {
    const listener = providerRequestListener(serverOptions({ providers: [{ ...provider, token: 'over-tls' }] }));
    const server = createTlsServer({ cert: pem('server.pem'), key: pem('server.key'), ca: pem('root.pem'), requestCert: true, rejectUnauthorized: true }, (request, response) => {
      request.headers.authorization = 'Bearer over-tls';
      listener(request, response);
    });
    return `https://127.0.0.1:${await listen(server)}/providers/tax-service/answers`;
  }

  function withClient(endpoint: string, client: string, root = 'root.pem'): HttpDataSource {
    return source(endpoint, { authentication: { kind: 'MUTUAL_TLS', certificate: pem(`${client}.pem`), key: pem(`${client}.key`) }, authorities: pem(root) });
  }

  it('answers a client whose certificate the provider knows', async () => {
    expect((await withClient(await tlsEndpoint(), 'client').fetch(aRequest())).rowCount).toBeGreaterThan(0);
  });

  it('fails with a client certificate of another root', async () => {
    const error = await failureOf(withClient(await tlsEndpoint(), 'other-client').fetch(aRequest()));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(/client certificate/);
  });

  it('sends nothing to a provider whose certificate it does not know', async () => {
    const error = await failureOf(withClient(await tlsEndpoint(), 'client', 'other-root.pem').fetch(aRequest()));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(/certificate/);
  });

  it('needs an https address', () => {
    expect(() => withClient('http://127.0.0.1:1/answers', 'client')).toThrow(TypeError);
  });
});
