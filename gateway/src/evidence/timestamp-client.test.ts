import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MILLIS, P256, toBigint } from '@kesu/chaincode/domain';
import { derOfPem, parseCertificate, verifyTimestamp } from '@kesu/verifier';
import { integer, sequence } from './der-writer';
import { editDer, nodeAt, parseDer } from './testing/der-edit';
import { highS } from './testing/signature-mutations';
import { DevelopmentTimestampAuthority } from './timestamp-authority';
import { overHttp, TIMESTAMP_BACKOFF_MILLIS, timestampClient, type AskedAuthority } from './timestamp-client';
import { encodeTimestampReply, encodeTimestampRequest, nonceOf, tokenOfReply } from './timestamp-request';

const START = Date.UTC(2026, 0, 1);
const journal = { get: async () => undefined, commit: async () => undefined };
const random = (bytes: number): Uint8Array => randomBytes(bytes);
const stamped = Buffer.from('stamped');
/** Where an ECDSA signature stands in a token. */
const SIGNATURE = [1, 0, 4, 0, 5] as const;
const isHighS = (token: Uint8Array): boolean => toBigint(nodeAt(parseDer(nodeAt(parseDer(token), ...SIGNATURE).content), 1).content) > P256.n / 2n;

/** An authority in this process, its clock, and what is done to its replies. */
async function anAuthority({ at = START + DAY_MILLIS, name = 'one' } = {}) {
  const clock = { time: START, now: (): number => clock.time };
  const made = await DevelopmentTimestampAuthority.open(journal, clock);
  clock.time = at;
  const asked: Uint8Array[] = [];
  const ask = async (request: Uint8Array): Promise<Uint8Array> => {
    asked.push(request);
    return made.answer(request);
  };
  const authority: AskedAuthority = { name, development: true, roots: [parseCertificate(derOfPem(made.root, 'trust-malformed'))], ask };
  return { authority, asked, made };
}

/** Waits for nothing, and tells how long it would have. */
function noWait() {
  const waits: number[] = [];
  return { waits, wait: async (millis: number): Promise<void> => void waits.push(millis) };
}

const broken = (authority: AskedAuthority): AskedAuthority => ({ ...authority, ask: async () => Promise.reject(new Error('connection refused')) });

describe('a timestamp', () => {
  it('counts within the validity of its certificate only', async () => {
    const token = (at: number) => anAuthority({ at }).then(async ({ authority }) => ({ authority, token: tokenOfReply(await authority.ask(encodeTimestampRequest({ hash: await sha256(stamped), nonce: nonceOf(random) }))) ?? new Uint8Array() }));
    const within = await token(START + DAY_MILLIS);
    expect(verifyTimestamp(within.token, stamped, [within.authority])).toMatchObject({ at: '2026-01-02T00:00:00.000Z' });
    for (const at of [START - DAY_MILLIS, START + 3_651 * DAY_MILLIS]) {
      const outside = await token(at);
      expect(() => verifyTimestamp(outside.token, stamped, [outside.authority])).toThrow('timestamp-out-of-time');
    }
  });

  it('is of what was stamped, by an authority that is trusted', async () => {
    const [one, other] = [await anAuthority(), await anAuthority()];
    const token = await timestampClient([one.authority], { random })(stamped);
    expect(() => verifyTimestamp(token, Buffer.from('other'), [one.authority])).toThrow('timestamp-mismatch');
    expect(() => verifyTimestamp(token, stamped, [other.authority])).toThrow('timestamp-untrusted');
    expect(() => verifyTimestamp(token, stamped, [])).toThrow('timestamp-untrusted');
  });

  it('is refused to a request of another form', async () => {
    const { made } = await anAuthority();
    expect(tokenOfReply(await made.answer(Buffer.from('request')))).toBeUndefined();
  });
});

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> => new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));

describe('the timestamp client', () => {
  it('refuses a token that was given for another request of the same bytes', async () => {
    const { authority, made, asked } = await anAuthority();
    const older = await made.answer(encodeTimestampRequest({ hash: await sha256(stamped), nonce: nonceOf(random) }));
    const replaying: AskedAuthority = { ...authority, ask: async (request) => authority.ask(request).then(() => older) };
    await expect(timestampClient([replaying], { random, ...noWait() })(stamped)).rejects.toThrow('another nonce');
    expect(asked).toHaveLength(1);
  });

  it('asks the next authority when one can\u2019t be reached, without a pause', async () => {
    const { authority } = await anAuthority();
    const { waits, wait } = noWait();
    const unreachable: AskedAuthority = { ...authority, name: 'closed', ask: overHttp('http://127.0.0.1:1/') };
    const token = await timestampClient([unreachable, authority], { random, wait })(stamped);
    expect(verifyTimestamp(token, stamped, [authority]).at).toBe('2026-01-02T00:00:00.000Z');
    expect(waits).toEqual([]);
  });

  it('goes through all again after pauses that grow, and says of each why it gave none', async () => {
    const { authority } = await anAuthority();
    const { waits, wait } = noWait();
    let left = 2;
    const recovering: AskedAuthority = { ...authority, ask: async (request) => (left-- > 0 ? Promise.reject(new Error('busy')) : authority.ask(request)) };
    await timestampClient([recovering], { random, wait })(stamped);
    expect(waits).toEqual([TIMESTAMP_BACKOFF_MILLIS, 2 * TIMESTAMP_BACKOFF_MILLIS]);
    await expect(timestampClient([broken(authority), broken({ ...authority, name: 'two' })], { random, wait })(stamped)).rejects.toThrow('one: connection refused; two: connection refused');
  });

  it('does not ask an authority again whose token it can\u2019t take, and takes the next one\u2019s', async () => {
    const [one, other] = [await anAuthority(), await anAuthority({ name: 'two' })];
    const elsewhere: AskedAuthority = { ...one.authority, roots: other.authority.roots };
    const { waits, wait } = noWait();
    await timestampClient([elsewhere, other.authority], { random, wait })(stamped);
    await expect(timestampClient([elsewhere], { random, wait })(stamped)).rejects.toThrow('timestamp-untrusted');
    expect([waits, one.asked.length]).toEqual([[], 2]);
  });

  it('takes a token that was granted with changes or with words, and none that was refused', async () => {
    const { authority } = await anAuthority();
    const answering = (status: Uint8Array): AskedAuthority => ({ ...authority, ask: async (request) => sequence(status, tokenOfReply(await authority.ask(request)) ?? new Uint8Array()) });
    for (const status of [sequence(integer(1)), sequence(integer(0), sequence(Buffer.from('0c024f4b', 'hex')))]) await timestampClient([answering(status)], { random })(stamped);
    for (const status of [sequence(integer(2)), sequence(), integer(0)]) await expect(timestampClient([answering(status)], { random, ...noWait() })(stamped)).rejects.toThrow('no token');
    expect(tokenOfReply(Buffer.concat([encodeTimestampReply(sequence()), Buffer.of(0)]))).toBeUndefined();
  });

  it('takes an authority\u2019s token with either S', async () => {
    const { authority } = await anAuthority();
    const high: AskedAuthority = { ...authority, ask: async (request) => encodeTimestampReply(editDer(tokenOfReply(await authority.ask(request)) ?? new Uint8Array(), SIGNATURE, (node) => void (node.content = highS(node.content)))) };
    const token = await timestampClient([high], { random })(stamped);
    expect(isHighS(token)).toBe(true);
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) process.stderr.write('NOT RUN: openssl as a timestamp authority: no openssl on the path\n');

const TSA = `[ tsa ]
default_tsa = own
[ own ]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.2
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ req ]
distinguished_name = name
[ name ]
[ root ]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[ stamps ]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
`;

describe('openssl as a timestamp authority, where it is installed', () => {
  (hasOpenssl ? it : it.skip)('is taken with whichever S its signatures have', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kesu-tsa-'));
    try {
      const openssl = (...args: string[]): void => {
        const { status, stderr } = spawnSync('openssl', args, { cwd: directory, encoding: 'utf8' });
        if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
      };
      await writeFile(join(directory, 'tsa.cnf'), TSA);
      await writeFile(join(directory, 'serial'), '01\n');
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'tsa.cnf'];
      openssl('req', '-x509', ...key, '-keyout', 'root.key', '-out', 'root.pem', '-days', '2', '-subj', '/CN=root', '-extensions', 'root');
      openssl('req', '-new', ...key, '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/CN=stamps');
      openssl('x509', '-req', '-in', 'tsa.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-out', 'tsa.pem', '-days', '2', '-extfile', 'tsa.cnf', '-extensions', 'stamps');
      const ask = async (request: Uint8Array): Promise<Uint8Array> => {
        await writeFile(join(directory, 'request.tsq'), request);
        openssl('ts', '-reply', '-queryfile', 'request.tsq', '-config', 'tsa.cnf', '-out', 'reply.tsr');
        return readFile(join(directory, 'reply.tsr'));
      };
      const stamp = timestampClient([{ name: 'openssl', development: false, roots: [parseCertificate(derOfPem(await readFile(join(directory, 'root.pem'), 'utf8'), 'trust-malformed'))], ask }], { random });
      // One in two has a high S: that none of 40 has would be a chance of 1 in 10^12.
      let highOnes = 0;
      for (let count = 0; count < 40 && highOnes === 0; count++) if (isHighS(await stamp(stamped))) highOnes++;
      expect(highOnes).toBe(1);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
