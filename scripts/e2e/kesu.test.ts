import { spawnSync } from 'node:child_process';
import { endAll, endLeftOver, freePort, launch, newPlace, removeRoom } from './kesu-process';
import { describeDamage } from './damage-part';
import { describeKills } from './kills-part';
import { describeScan } from './scan-part';
import type { Seeded } from './seeded';
import { describeStart } from './start-part';
import { describeWalk } from './walk-part';

const FULL = process.env.KESU_FULL === '1';
const SEEDING_MILLIS = 300_000;

let seeded: Seeded | undefined;

function theSeeded(): Seeded {
  if (seeded === undefined) throw new Error('nothing was seeded');
  return seeded;
}

describe('kesu, as its programs run', () => {
  beforeAll(async () => {
    for (const step of [[require.resolve('typescript/bin/tsc'), '--build'], ['scripts/build-page.mjs']]) {
      const built = spawnSync(process.execPath, step, { cwd: `${__dirname}/../..`, encoding: 'utf8' });
      if (built.status !== 0) throw new Error(`the build fails: ${built.stdout}${built.stderr}`);
    }
    const enterprises = FULL ? 1_000 : 200;
    const place = newPlace('seeded', await freePort(), enterprises);
    const gateway = launch(place);
    gateway.isShared = true;
    await gateway.says('stdout', /--reset/);
    seeded = { place, enterprises, gateway, isFull: FULL };
  }, SEEDING_MILLIS);

  afterEach(endLeftOver);

  afterAll(async () => {
    await endAll();
    await removeRoom();
  }, 60_000);

  describeStart(theSeeded);
  describeWalk(theSeeded);
  describeKills(theSeeded);
  describeDamage(theSeeded);
  describeScan(theSeeded);
});
