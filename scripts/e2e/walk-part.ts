import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aLetter, aRelease, ask, keyIn } from './gateway-calls';
import { copyOf, kesu, newPlace, room, started, type Ended, type KesuProcess, type Place } from './kesu-process';
import { releaseIn } from './kill-rounds';
import type { Seeded } from './seeded';
import { signersOf } from './signers';

const KINDS = [
  ['a P-256 key file', 'P256', ['CERTIFICATE', 'BROWSER_KEY']],
  ['an SM2 key file', 'SM2', ['CERTIFICATE']],
  ['a passkey', 'P256', ['DEVICE_PASSKEY', 'SYNCED_PASSKEY']],
] as const;

function json(ended: Ended): Record<string, unknown> {
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

/** The walk of the README by the command line, and what operators do. */
export function describeWalk(seeded: () => Seeded): void {
  describe('the walk', () => {
    let place: Place;
    let gateway: KesuProcess;
    let to: readonly string[];

    beforeAll(async () => {
      place = await copyOf(seeded().place, 'walk');
      gateway = await started(place);
      gateway.isShared = true;
      to = ['--url', `http://localhost:${place.port}`];
    }, 120_000);

    afterAll(async () => {
      await gateway.stop();
    });

    it.each(KINDS)('gives with %s, checks, releases, revokes, and releases no more', async (_name, algorithm, means) => {
      const signer = signersOf(seeded().enterprises).find(({ plan }) => plan.algorithm === algorithm && means.some((one) => one === plan.means));
      const file = join(place.data, 'demonstration', 'keys', `${signer?.keyName}.json`);
      const key = keyIn(place, signer?.keyName ?? '');
      const letter = join(place.directory, `letter-${algorithm}.json`);
      writeFileSync(letter, JSON.stringify(aLetter({ oneTime: false, frequency: { times: 1, per: 'DAY' } })));
      const check = ['check', '--enterprise', key.enterprise, '--recipient', 'example-rural-commercial-bank', '--item', 'TAX-02', '--purpose', 'EVALUATION', '--token', 'demo-platform', ...to];
      expect(await kesu(place, check)).toMatchObject({ code: 1, stdout: expect.stringContaining('DENY') as string });

      const given = await kesu(place, ['grant', 'give', '--key', file, '--letter', letter, '--token', 'demo-platform', ...to, '--json']);
      expect([given.code, given.stderr]).toEqual([0, '']);
      const [grantId = ''] = json(given).grants as string[];
      expect(await kesu(place, check)).toMatchObject({ code: 0, stdout: expect.stringContaining(grantId) as string });
      expect(json(await kesu(place, [...check, '--json']))).toMatchObject({ decision: true, context: { grantId } });

      const body = aRelease(key, grantId);
      const released = await ask(place, 'POST', '/v1/releases', 'demo-platform', body, `walk-${algorithm}-${signer?.keyName}`);
      expect(released).toMatchObject({ status: 201, body: { data: { items: [{ code: 'TAX-02' }] } } });
      expect((await ask(place, 'POST', '/v1/releases', 'demo-platform', body, `walk-${algorithm}-${signer?.keyName}`)).body).toMatchObject({ release: { id: releaseIn(released).id } });
      expect((await ask(place, 'POST', '/v1/releases', 'demo-platform', { ...body, purpose: 'RISK_MONITORING' }, `walk-${algorithm}-${signer?.keyName}`)).status).toBe(409);

      expect((await kesu(place, ['grant', 'revoke', '--key', file, '--grant', grantId, '--token', 'demo-platform', ...to])).code).toBe(0);
      const revokedAt = Date.now();
      const denied = await ask(place, 'POST', '/v1/releases', 'demo-platform', body);
      expect(denied).toMatchObject({ status: 200, body: { release: { decision: 'DENY', reason: 'grant-revoked' } } });
      expect(Date.now() - revokedAt).toBeLessThan(1_000);
      expect((await kesu(place, check)).code).toBe(1);

      const trace = ['trace', 'enterprise', key.enterprise, '--token', 'demo-auditor', ...to];
      const rows = (await kesu(place, [...trace, '--format', 'jsonl'])).stdout.trim().split('\n').map((line) => JSON.parse(line) as { release: { id: string } });
      expect(rows.map(({ release }) => release.id)).toEqual(expect.arrayContaining([releaseIn(released).id, releaseIn(denied).id]));
      const csv = (await kesu(place, [...trace, '--format', 'csv'])).stdout.trim().split('\n');
      expect(csv).toHaveLength(rows.length + 1);
      expect(json(await kesu(place, [...trace, '--json']))).toMatchObject({ entries: expect.any(Array) as unknown[] });
      expect(json(await kesu(place, ['trace', 'release', releaseIn(released).id, '--token', 'demo-auditor', ...to]))).toMatchObject({ chain: [{ state: 'DELIVERED' }] });
    });

    it('signs a set that another program asked for', async () => {
      const [signer] = signersOf(seeded().enterprises);
      const key = keyIn(place, signer?.keyName ?? '');
      const set = await ask(place, 'POST', '/v1/letter-sets', 'demo-platform', { enterprise: key.enterprise, letters: [aLetter()], keyIds: [key.keyId] });
      const file = join(place.data, 'demonstration', 'keys', `${signer?.keyName}.json`);
      const signed = await kesu(place, ['grant', 'sign', '--key', file], JSON.stringify(set.body));
      expect(signed.code).toBe(0);
      expect((await ask(place, 'POST', '/v1/grants', 'demo-platform', json(signed))).status).toBe(201);
      const otherBytes = Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(String(set.body.bytes), 'base64url').toString()) as object), statements: ['0'.repeat(64)] })).toString('base64url');
      expect((await kesu(place, ['grant', 'sign', '--key', file], JSON.stringify({ ...set.body, bytes: otherBytes }))).code).toBe(1);
    });

    it('names the field of a malformed letter', async () => {
      const [signer] = signersOf(seeded().enterprises);
      const letter = join(place.directory, 'malformed.json');
      const { purpose: _purpose, ...without } = aLetter();
      writeFileSync(letter, JSON.stringify(without));
      const refused = await kesu(place, ['grant', 'give', '--key', join(place.data, 'demonstration', 'keys', `${signer?.keyName}.json`), '--letter', letter, '--token', 'demo-platform', ...to]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('purpose');
    });

    it('says when no gateway answers, a token is unknown, or a file is no key', async () => {
      const none = await kesu(place, ['grant', 'list', '--url', 'http://localhost:9', '--token', 'demo-platform']);
      expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining('npm start') as string });
      expect((await kesu(place, ['grant', 'list', ...to, '--token', 'nobody'])).code).toBe(1);
      const noKey = await kesu(place, ['grant', 'revoke', '--key', 'kesu.yaml', '--grant', '0'.repeat(32), ...to]);
      expect(noKey.code).toBe(2);
      expect(noKey.stderr).toContain('kesu.yaml');
    });

    it('tells of the demonstration', async () => {
      const told = json(await kesu(place, ['demo', '--json']));
      expect(told).toMatchObject({ enterprises: seeded().enterprises });
      expect(told.stories).toHaveLength(6);
      expect((await kesu(place, ['demo'])).stdout).toContain('demo-platform');
    });
  });

  describeOperators(seeded);
}

function describeOperators(seeded: () => Seeded): void {
  describe('operators', () => {
    it('find nothing wrong with a stopped ledger', async () => {
      const place = await copyOf(seeded().place, 'examined');
      const report = await kesu(place, ['doctor', '--json']);
      expect(report.code).toBe(0);
      expect(json(report)).toMatchObject({ problems: [], journal: { hasKeyFile: true, keyFile: join(place.keep, 'data.key') } });
      expect(json(report).checkedBlocks).toBeGreaterThan(100);
      expect((await kesu(place, ['doctor'])).stdout).toContain(join(place.keep, 'data.key'));
      const verified = await kesu(place, ['index', 'verify', '--json']);
      expect([verified.code, json(verified).equal]).toEqual([0, true]);
      expect((await kesu(place, ['index', 'rebuild', '--json'])).code).toBe(0);
      expect((await kesu(place, ['index', 'verify'])).code).toBe(1);
      const gateway = await started(place);
      await gateway.stop();
      expect((await kesu(place, ['index', 'verify'])).code).toBe(0);
    });

    it('restore a backup into a new place and start from it', async () => {
      const { place: original } = seeded();
      const backup = join(room(), 'backup');
      expect((await kesu(original, ['backup', 'create', backup])).code).toBe(0);
      expect((await kesu(original, ['backup', 'create', backup])).code).toBe(3);
      const place = newPlace('restored', original.port, seeded().enterprises);
      expect((await kesu(place, ['backup', 'restore', backup, '--json'])).code).toBe(0);
      expect(await readdir(join(place.data, 'demonstration', 'keys'))).toEqual(await readdir(join(original.data, 'demonstration', 'keys')));
      const keyless = await kesu(place, ['start']);
      expect(keyless.code).toBe(3);
      expect(keyless.stderr).toContain(join(place.keep, 'data.key'));
      await cp(join(original.keep, 'data.key'), join(place.keep, 'data.key'));
      const gateway = await started(place);
      const originalHead = json(await kesu(original, ['doctor', '--json'])).head;
      expect((await ask(place, 'GET', '/v1/blocks?limit=1', 'demo-auditor')).body.entries).toMatchObject([{ block: (originalHead as { block: number }).block }]);
      await gateway.stop();
      const filled = await kesu(place, ['backup', 'restore', backup]);
      expect(filled.code).toBe(3);
      expect(filled.stderr).toContain(place.data);
    });

    it('are refused a backup that ends before the anchor', async () => {
      const { place: original } = seeded();
      const place = newPlace('behind', original.port, seeded().enterprises);
      await mkdir(place.keep, { recursive: true });
      await cp(join(original.keep), place.keep, { recursive: true });
      const backup = join(room(), 'earlier-backup');
      const empty = newPlace('earlier', original.port, seeded().enterprises);
      const gateway = await started(empty, ['--empty']);
      await gateway.stop();
      expect((await kesu(empty, ['backup', 'create', backup])).code).toBe(0);
      const refused = await kesu(place, ['backup', 'restore', backup]);
      expect(refused.code).toBe(3);
      expect(refused.stderr).toContain('would be lost');
      expect(existsSync(join(place.data, 'ledger', 'blocks'))).toBe(false);
    });

    it('enrol, list, renew and revoke identities; one revoked is refused from then on', async () => {
      const place = await copyOf(seeded().place, 'identities');
      expect((await kesu(place, ['identity', 'enroll', 'new-bank', 'recipient', '--json'])).code).toBe(0);
      const listed = JSON.parse((await kesu(place, ['identity', 'list', '--json'])).stdout) as { id: string; state: string; serial: string }[];
      expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(['new-bank', 'qinxinrong', 'provincial-node']));
      const renewed = await kesu(place, ['identity', 'renew', 'new-bank', '--json']);
      expect(renewed.code).toBe(0);
      expect(json(renewed).serial).not.toBe(listed.find(({ id }) => id === 'new-bank')?.serial);
      expect((await kesu(place, ['identity', 'renew', 'nobody'])).code).toBe(1);
      const operator = (): Promise<{ operator: { notAfter: string } }> => kesu(place, ['doctor', '--json']).then((answer) => json(answer) as unknown as { operator: { notAfter: string } });
      const before = await operator();
      expect((await kesu(place, ['identity', 'renew', 'ledger-operator', '--json'])).code).toBe(0);
      expect(Date.parse((await operator()).operator.notAfter)).toBeGreaterThan(Date.parse(before.operator.notAfter));
      const platform = listed.find(({ id }) => id === 'qinxinrong') as { mspId?: string } | undefined;
      expect((await kesu(place, ['identity', 'revoke', 'qinxinrong', '--msp', platform?.mspId ?? 'NodeMSP', '--json'])).code).toBe(0);
      const gateway = await started(place);
      const [signer] = signersOf(seeded().enterprises);
      const key = keyIn(place, signer?.keyName ?? '');
      const refused = await ask(place, 'POST', '/v1/grant-requests', 'demo-platform', {
        enterprise: key.enterprise,
        templateId: 'EVALUATION',
        recipient: 'example-rural-commercial-bank',
        items: [{ code: 'TAX-02', granularity: 'ANSWER' }],
        purpose: 'EVALUATION',
        until: new Date(Date.now() + 86_400_000).toISOString(),
      }).finally(() => gateway.stop());
      expect(refused).toMatchObject({ status: 403, body: { code: 'caller-unknown' } });
    });

    it('are told which file and which member of the configuration is wrong', async () => {
      const { place } = seeded();
      expect(json(await kesu(place, ['config', 'check', '--json']))).toMatchObject({ port: place.port, data: place.data });
      for (const [name, text, member] of [
        ['port', 'port: 99999\n', 'port'],
        ['unknown', 'ports: 1\n', 'ports'],
        ['nested', 'demonstration:\n  enterprises: 3\n', 'demonstration.enterprises'],
        ['yaml', 'port: [1\n', 'YAML'],
      ] as const) {
        const bad = newPlace(`configuration-${name}`, place.port, 200);
        writeFileSync(join(bad.directory, 'kesu.yaml'), text);
        const refused = await kesu(bad, ['config', 'check']);
        expect([name, refused.code]).toEqual([name, 2]);
        expect(refused.stderr).toContain(join(bad.directory, 'kesu.yaml'));
        expect(refused.stderr).toContain(member);
      }
      expect((await kesu({ directory: join(room(), 'configuration-port') }, ['start'])).code).toBe(2);
      expect(readFileSync(join(place.directory, 'kesu.yaml'), 'utf8')).toContain('port');
    });
  });
}
