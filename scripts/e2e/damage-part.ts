import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from './gateway-calls';
import { copyOf, kesu, started, type Place } from './kesu-process';
import type { Seeded } from './seeded';

/** The largest file of a directory whose name matches. */
async function largestIn(directory: string, name: RegExp): Promise<string> {
  const names = (await readdir(directory)).filter((one) => name.test(one));
  const sizes = await Promise.all(names.map(async (one) => [join(directory, one), (await stat(join(directory, one))).size] as const));
  return sizes.sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

async function flip(path: string, part: number): Promise<void> {
  const { size } = await stat(path);
  const at = Math.min(size - 1, Math.floor(size * part));
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  await file.write(byte, 0, 1, at);
  await file.close();
}

interface Head {
  readonly block: number;
  readonly hash: string;
}

/** Bytes that went bad, files that went missing: refuse naming file and next step, or repair exactly. */
export function describeDamage(seeded: () => Seeded): void {
  describe('damage', () => {
    let head: Head;

    beforeAll(async () => {
      head = (JSON.parse((await kesu(seeded().place, ['doctor', '--json'])).stdout) as { head: Head }).head;
    }, 60_000);

    async function expectRefused(place: Place, file: string, nextStep: string): Promise<void> {
      const refused = await kesu(place, ['start']);
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toContain(file);
      expect(refused.stderr).toContain(nextStep);
      expect(refused.stderr).not.toMatch(/^\s+at /m);
      const examined = await kesu(place, ['doctor']);
      expect([1, 3]).toContain(examined.code);
      expect(examined.stdout + examined.stderr).toContain(file);
    }

    async function expectRepaired(place: Place): Promise<void> {
      const gateway = await started(place);
      const { body } = await ask(place, 'GET', '/v1/blocks?limit=1', 'demo-auditor');
      expect(body.entries).toMatchObject([{ block: head.block, hash: head.hash }]);
      expect((await gateway.stop()).code).toBe(0);
      expect((await kesu(place, ['doctor'])).code).toBe(0);
      expect((await kesu(place, ['index', 'verify'])).code).toBe(0);
    }

    it.each([0.001, 0.3, 0.999])('of the blocks at %d of the segment refuses the start', async (part) => {
      const place = await copyOf(seeded().place, `blocks-${part}`);
      const segment = await largestIn(join(place.data, 'ledger', 'blocks'), /segment$/);
      await flip(segment, part);
      await expectRefused(place, segment, 'kesu backup restore');
    });

    it.each([0.001, 0.5, 0.999])('of the private journal at %d of the file refuses the start', async (part) => {
      const place = await copyOf(seeded().place, `journal-${part}`);
      const entries = await largestIn(join(place.data, 'ledger', 'private'), /entries$/);
      await flip(entries, part);
      await expectRefused(place, entries, 'kesu backup restore');
    });

    it.each(['state', '../projection'])('of %s is repaired from the blocks', async (directory) => {
      const place = await copyOf(seeded().place, `derived-${directory.replace(/\W/g, '')}`);
      await flip(await largestIn(join(place.data, 'ledger', directory), /\.(ldb|log)$/), 0.5);
      await expectRepaired(place);
    });

    it('by missing state and projection is repaired from the blocks', async () => {
      const place = await copyOf(seeded().place, 'derived-missing');
      await rm(join(place.data, 'ledger', 'state'), { recursive: true });
      await rm(join(place.data, 'projection'), { recursive: true });
      await expectRepaired(place);
    });

    it('of the last record of an anchor is repaired, of all of it refuses the start', async () => {
      const place = await copyOf(seeded().place, 'anchor');
      const [anchor = ''] = (await readdir(join(place.keep, 'anchors'))).filter((name) => !name.startsWith('private')).map((name) => join(place.keep, 'anchors', name));
      await flip(anchor, 0.9999);
      await expectRepaired(place);
      await writeFile(anchor, Buffer.alloc((await stat(anchor)).size, 7));
      await expectRefused(place, anchor, 'kesu backup restore');
    });

    it.each(['blocks', 'private'])('by a missing anchor of %s refuses the start', async (which) => {
      const place = await copyOf(seeded().place, `no-anchor-${which}`);
      const [anchor = ''] = (await readdir(join(place.keep, 'anchors'))).filter((name) => name.startsWith('private') === (which === 'private')).map((name) => join(place.keep, 'anchors', name));
      await rm(anchor);
      await expectRefused(place, anchor, 'put the file back');
    });

    it('by blocks cut off behind the anchor refuses the start', async () => {
      const place = await copyOf(seeded().place, 'cut');
      const segment = await largestIn(join(place.data, 'ledger', 'blocks'), /segment$/);
      const whole = await readFile(segment);
      await writeFile(segment, whole.subarray(0, whole.length - 2_000));
      await expectRefused(place, join(place.data, 'ledger', 'blocks'), 'kesu backup restore');
    });

    it('by a missing ledger beside its anchors refuses the start', async () => {
      const place = await copyOf(seeded().place, 'no-ledger');
      await rm(join(place.data, 'ledger'), { recursive: true });
      const refused = await kesu(place, ['start']);
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toContain('kesu backup restore');
    });

    it.each(['missing', 'foreign', 'malformed'])('of the key file (%s) refuses the start and says what belongs there', async (how) => {
      const place = await copyOf(seeded().place, `key-${how}`);
      const keyFile = join(place.keep, 'data.key');
      await rm(keyFile);
      if (how !== 'missing') await writeFile(keyFile, how === 'foreign' ? `kesu-data-key-1 ${Buffer.alloc(32, 1).toString('base64url')}\n` : 'no key\n');
      await expectRefused(place, keyFile, 'put the key file of this store there');
    });
  });
}
