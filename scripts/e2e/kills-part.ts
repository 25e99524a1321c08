import { randomInt } from 'node:crypto';
import { keyIn } from './gateway-calls';
import { copyOf, kesu, started } from './kesu-process';
import { breachesOf, breachesOfHistory, Stream, type Attempt, type Tally } from './kill-rounds';
import type { Seeded } from './seeded';
import { signersOf } from './signers';

/** A kill comes within so long after the stream's first answer. */
const LONGEST_LIFE_MILLIS = 600;

/** SIGKILL at random moments of a stream of releases, grants and revocations (I1, I6, I7, I8). */
export function describeKills(seeded: () => Seeded): void {
  describe('a kill', () => {
    it('takes back nothing that was answered, and leaves every key a definite answer', async () => {
      const { enterprises, isFull } = seeded();
      const rounds = isFull ? 50 : 6;
      const place = await copyOf(seeded().place, 'killed');
      const keys = signersOf(enterprises).slice(0, 6).map(({ keyName }) => keyIn(place, keyName));
      const tally: Tally = { acknowledged: 0, unanswered: 0, done: 0, withoutEffect: 0, failed: 0 };
      const all: Attempt[] = [];
      let gateway = await started(place);
      for (let round = 1; round <= rounds; round++) {
        const stream = new Stream(place, keys);
        const running = stream.run();
        await stream.next();
        await new Promise((resolve) => setTimeout(resolve, randomInt(LONGEST_LIFE_MILLIS)));
        gateway.kill('SIGKILL');
        expect(await gateway.ended).toMatchObject({ signal: 'SIGKILL' });
        stream.end();
        await running;
        gateway = await started(place);
        expect([round, await breachesOf(place, stream.attempts, tally)]).toEqual([round, []]);
        all.push(...stream.attempts);
      }
      expect(await breachesOf(place, all, { ...tally })).toEqual([]);
      const history = await breachesOfHistory(place, keys);
      expect(history.breaches).toEqual([]);
      process.stdout.write(`kills: ${rounds} rounds, ${JSON.stringify(tally)}, ${history.releases} releases looked at\n`);
      expect(tally.acknowledged).toBeGreaterThan(rounds);
      expect(tally.unanswered).toBeGreaterThan(0);
      await gateway.stop();
      expect((await kesu(place, ['doctor'])).code).toBe(0);
      expect((await kesu(place, ['index', 'verify'])).code).toBe(0);
    }, 900_000);
  });
}
