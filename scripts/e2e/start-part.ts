import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, aLetter, aRelease, keyIn, signedSet } from './gateway-calls';
import { copyOf, kesu, launch, newPlace, started } from './kesu-process';
import { releaseIn, Stream } from './kill-rounds';
import { printedCommands, runPrinted } from './run-printed';
import type { Seeded } from './seeded';
import { signersOf } from './signers';

const WARM_MILLIS = 15_000;

/** Start and stop. The first tests use the run that seeded; then it is stopped for good. */
export function describeStart(seeded: () => Seeded): void {
  describe('start', () => {
    it('prints where everything is', async () => {
      const { gateway, place } = seeded();
      for (const path of ['/docs', '/openapi.json', '/readyz', '/metrics']) {
        expect(gateway.stdout).toContain(`http://localhost:${place.port}${path}`);
        const answered = await fetch(`http://localhost:${place.port}${path}`);
        expect([path, answered.status, (await answered.text()).length > 0]).toEqual([path, 200, true]);
      }
      expect(gateway.stdout).toContain('npm start -- --reset');
    });

    it('serves the verifier’s page as the command writes it, under a policy that connects nowhere', async () => {
      const { place } = seeded();
      expect(await kesu(place, ['verify', '--page', 'verify.html'])).toMatchObject({ code: 0, stderr: '' });
      const served = await fetch(`http://localhost:${place.port}/verify`);
      expect([served.status, await served.text()]).toEqual([200, await readFile(join(place.directory, 'verify.html'), 'utf8')]);
      expect(served.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; .*connect-src 'none'.*; frame-ancestors 'none'$/);
    });

    it('prints commands that work as they stand', async () => {
      const { gateway, place } = seeded();
      const printed = printedCommands(gateway.stdout);
      expect(printed).toHaveLength(2);
      const [check, release] = await Promise.all(printed.map((text) => runPrinted(text, place.directory)));
      expect(check).toMatchObject({ decision: true });
      expect(release).toMatchObject({ release: { decision: 'PERMIT' }, data: { items: [{ code: 'TAX-03' }] } });
    });

    it('says of a second start that one is running, and names it', async () => {
      const { gateway, place } = seeded();
      const second = await kesu(place, ['start']);
      expect(second.code).toBe(3);
      expect(second.stderr).toContain('already running');
      expect(second.stderr).toContain(`process ${gateway.pid} `);
      expect(second.stderr.trim().split('\n')).toHaveLength(1);
    });

    it('names a busy port and refuses it', async () => {
      const { place } = seeded();
      const refused = await kesu(place, ['start', '--empty', '--data', 'other', '--keep', 'other-keep']);
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toContain(`port ${place.port} `);
      expect(refused.stderr).toContain(`--port ${place.port + 1}`);
      expect(existsSync(join(place.directory, 'other', 'ledger'))).toBe(false);
    });

    it.each([['doctor'], ['index', 'verify'], ['index', 'rebuild'], ['identity', 'list']].map((words) => [words.join(' '), words] as const))('%s says in one sentence who holds the lock', async (_name, words) => {
      const { gateway, place } = seeded();
      const refused = await kesu(place, words);
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toContain(`process ${gateway.pid} `);
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    });

    it('backs up while it runs', async () => {
      const { place } = seeded();
      expect(await kesu(place, ['backup', 'create', '../running-backup', '--json'])).toMatchObject({ code: 0 });
      const verified = await kesu(place, ['backup', 'verify', '../running-backup', '--json']);
      expect(verified.code).toBe(0);
      expect(JSON.parse(verified.stdout)).toMatchObject({ format: 'kesu-backup-1' });
    });

    it('stops at the first signal and ends with 0', async () => {
      const { gateway, place } = seeded();
      expect(await gateway.stop('SIGINT')).toMatchObject({ code: 0, signal: null });
      expect(existsSync(join(place.data, 'kesu.lock'))).toBe(false);
    });

    it('starts again within 5 s', async () => {
      const place = await copyOf(seeded().place, 'warm');
      const began = Date.now();
      const gateway = await started(place);
      const millis = Date.now() - began;
      process.stdout.write(`warm start: ${millis} ms (goal 5000)\n`);
      expect(millis).toBeLessThan(WARM_MILLIS);
      await gateway.stop();
    });

    it('moves to another port', async () => {
      const place = await copyOf(seeded().place, 'moved');
      const port = place.port + 1;
      const gateway = await started(place, ['--port', String(port)]);
      expect((JSON.parse(gateway.stdout) as { origin: string }).origin).toBe(`http://localhost:${port}`);
      expect((await ask({ port }, 'GET', '/readyz', 'demo-platform')).body).toMatchObject({ ready: true });
      await gateway.stop();
    });

    it('refuses wrong use', async () => {
      const { place } = seeded();
      const wrong = [['start', '--port', 'none'], ['start', '--port', '70000'], ['start', '--nonsense'], ['nonsense'], ['trace', 'sideways', 'x'], ['trace', 'provider', 'x', '--format', 'xml'], ['check'], ['grant', 'give'], ['identity', 'enroll', 'x', 'king'], ['backup', 'create']];
      const ended = await Promise.all(wrong.map((words) => kesu(place, words)));
      expect(wrong.map((words, index) => [words, ended[index]?.code, ended[index]?.stdout])).toEqual(wrong.map((words) => [words, 2, '']));
    });

    it('starts without demonstration, stays without, and begins anew when told to', async () => {
      const place = newPlace('empty', seeded().place.port, seeded().enterprises);
      const gateway = await started(place, ['--empty']);
      expect((await ask(place, 'GET', '/readyz', 'none')).body).toMatchObject({ ready: true });
      const { network } = JSON.parse(gateway.stdout) as { network: string };
      expect((await gateway.stop()).code).toBe(0);
      const refused = await kesu(place, ['start']);
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toContain('--empty');
      const again = await started(place, ['--empty']);
      expect(JSON.parse(again.stdout)).toMatchObject({ network });
      await again.stop();
      const anew = await started(place, ['--empty', '--reset']);
      expect((JSON.parse(anew.stdout) as { network: string }).network).not.toBe(network);
      await anew.stop();
    });

    it('refuses a ledger whose filling was interrupted, and says what to do', async () => {
      const place = newPlace('interrupted', seeded().place.port, seeded().enterprises);
      const gateway = launch(place);
      await gateway.says('stderr', /the network:/);
      gateway.kill('SIGKILL');
      expect(await gateway.ended).toMatchObject({ signal: 'SIGKILL' });
      const refused = await kesu(place, ['start']);
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toContain(place.data);
      expect(refused.stderr).toContain('interrupted');
      expect(refused.stderr).toContain('--reset');
      const anew = await started(place, ['--empty', '--reset']);
      expect((await anew.stop()).code).toBe(0);
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('%s during requests loses nothing that was answered', async (signal) => {
      const place = await copyOf(seeded().place, `stopped-${signal}`);
      const keys = signersOf(seeded().enterprises).slice(0, 3).map(({ keyName }) => keyIn(place, keyName));
      const gateway = await started(place);
      const stream = new Stream(place, keys);
      const running = stream.run();
      while (stream.attempts.filter(({ kind, answered }) => kind === 'RELEASE' && answered !== undefined).length < 20) await stream.next();
      const ended = await gateway.stop(signal);
      stream.end();
      await running;
      expect(ended).toMatchObject({ code: 0, signal: null });
      const again = await started(place);
      for (const { kind, answered } of stream.attempts) {
        if (kind !== 'RELEASE' || answered?.status !== 201) continue;
        const told = releaseIn(answered);
        const { body } = await ask(place, 'GET', `/v1/releases/${told.id}`, 'demo-platform');
        expect(body).toMatchObject({ position: told.position, state: 'DELIVERED' });
      }
      await again.stop();
    });

    it('serves a new grant right after a start', async () => {
      const place = await copyOf(seeded().place, 'first-grant');
      const [signer] = signersOf(seeded().enterprises);
      const key = keyIn(place, signer?.keyName ?? '');
      const gateway = await started(place);
      const set = await signedSet(place, key, { letters: [aLetter()] });
      const [grantId = ''] = set?.grants ?? [];
      expect((await ask(place, 'POST', '/v1/grants', 'demo-platform', set?.body)).status).toBe(201);
      expect((await ask(place, 'POST', '/v1/releases', 'demo-platform', aRelease(key, grantId))).status).toBe(201);
      await gateway.stop();
    });
  });
}
