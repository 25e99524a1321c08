import fc from 'fast-check';
import { DAY_MILLIS, HOUR_MILLIS, instantOf, type Grant } from '@kesu/chaincode/domain';
import { breachesOf } from '../testing/history-checker';
import { codeOf, DOCUMENT, LedgerWorld, wordOf, type WorldEnterprise } from '../testing/ledger-world';

const RUNS = process.env['KESU_FULL'] === '1' ? 500 : 60;

/** What the model knows of a grant. */
interface ModelGrant {
  state: 'ACTIVE' | 'SUSPENDED' | 'REVOKED' | 'SUPERSEDED';
  readonly until: number;
  readonly once: boolean;
  readonly perDay: number;
  readonly loan: number | undefined;
  uses: { day: number; back: boolean }[];
}

/** The model: plain words, no code of the domain. */
interface Model {
  grants: ModelGrant[];
  loans: boolean[];
  bankIsOut: boolean;
  marks: number;
}

/** The real thing beside it. */
interface Real {
  readonly world: LedgerWorld;
  readonly by: WorldEnterprise;
  grants: string[];
  loans: string[];
  disputes: string[];
  released: { grant: number; use: number; id: string }[];
}

let world: LedgerWorld;

beforeAll(async () => {
  world = await LedgerWorld.open();
});
afterAll(() => world.dispose());

const chinaDay = (): number => Math.floor((world.clock.time + 8 * HOUR_MILLIS) / DAY_MILLIS);

function expectedRelease(model: Model, grant: ModelGrant): string {
  if (grant.state !== 'ACTIVE') return `grant-${grant.state.toLowerCase()}`;
  if (world.clock.time >= grant.until) return 'grant-expired';
  if (grant.loan !== undefined && model.loans[grant.loan] !== true) return 'loan-closed';
  const uses = grant.uses.filter((use) => !use.back);
  if (!grant.once && uses.filter((use) => use.day === chinaDay()).length >= grant.perDay) return 'frequency-exceeded';
  if (grant.once && uses.length > 0) return 'already-used';
  return model.bankIsOut ? 'participant-not-admitted' : 'PERMIT';
}

type Command = fc.AsyncCommand<Model, Real>;

/** A command that acts on the grant of that number, modulo how many there are. */
function onGrant(name: string, pick: number, run: (model: Model, real: Real, index: number, grant: ModelGrant) => Promise<void>): Command {
  return {
    check: (model) => model.grants.length > 0,
    run: async (model, real) => {
      const index = pick % model.grants.length;
      const grant = model.grants[index];
      if (grant !== undefined) await run(model, real, index, grant);
    },
    toString: () => `${name}(${pick})`,
  };
}

function free(name: string, check: (model: Model) => boolean, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check, run, toString: () => name };
}

async function give(model: Model, real: Real, terms: { once: boolean; hours: number; withLoan: boolean; supersedes?: Grant }): Promise<boolean> {
  const loan = terms.withLoan && model.loans.length > 0 ? model.loans.length - 1 : undefined;
  const until = world.clock.time + terms.hours * HOUR_MILLIS;
  const letter = await world.letter(real.by, {
    until: instantOf(until),
    oneTime: terms.once,
    ...(loan === undefined ? {} : { purpose: 'PRE_LOAN' as const, loanRef: real.loans[loan] ?? '', ...(terms.once ? {} : { frequency: { times: 2, per: 'DAY' as const } }) }),
    ...(terms.supersedes === undefined ? {} : { supersedes: { grantId: terms.supersedes.id, version: terms.supersedes.version } }),
  });
  const call = world.submit('city-platform', 'grants:submit', world.sign([letter], { by: real.by }));
  const code = await codeOf(call);
  const mayGive = !model.bankIsOut && (loan === undefined || model.loans[loan] === true);
  expect(code === 'done').toBe(mayGive && (terms.supersedes === undefined || ['ACTIVE', 'SUSPENDED'].includes(terms.supersedes.state)));
  if (code !== 'done') return false;
  real.grants.push((await call).answer.ids[0] ?? '');
  model.grants.push({ state: 'ACTIVE', until, once: terms.once, perDay: loan === undefined ? 1 : 2, loan, uses: [] });
  return true;
}

const AFTER = { REVOKE: { ACTIVE: 'REVOKED', SUSPENDED: 'REVOKED' }, SUSPEND: { ACTIVE: 'SUSPENDED' }, RESUME: { SUSPENDED: 'ACTIVE' } } as const;

function transition(action: keyof typeof AFTER, pick: number): Command {
  return onGrant(action, pick, async (_model, real, index, grant) => {
    const steps: Partial<Record<ModelGrant['state'], ModelGrant['state']>> = AFTER[action];
    const next = steps[grant.state];
    const code = await codeOf(world.transit(real.by, await world.grant(real.grants[index] ?? ''), action));
    expect(code).toBe(next === undefined ? 'state-conflict' : 'done');
    grant.state = next ?? grant.state;
  });
}

/** Two requests under one grant in one batch: the second is decided after the first. */
function release(pick: number, twice: boolean): Command {
  return onGrant(twice ? 'releaseTwice' : 'release', pick, async (model, real, index, grant) => {
    const stored = await world.grant(real.grants[index] ?? '');
    const asked = twice ? [{ grant: stored }, { grant: stored }] : [{ grant: stored }];
    const answers = await world.record(...asked);
    for (const answer of answers) {
      const expected = expectedRelease(model, grant);
      expect(wordOf(answer)).toBe(expected);
      if (answer.kind !== 'RECORDED' || expected !== 'PERMIT') continue;
      real.released.push({ grant: index, use: grant.uses.length, id: answer.release.id });
      grant.uses.push({ day: chinaDay(), back: false });
      expect(answer.release.items.find((item) => item.code === 'TAX-01')?.disputes).toHaveLength(model.marks);
    }
  });
}

const pickOf = fc.nat({ max: 50 });

const COMMANDS: fc.Arbitrary<Command>[] = [
  fc.record({ once: fc.boolean(), hours: fc.constantFrom(2, 30, 700), withLoan: fc.boolean() }).map((terms) => free(`give(${JSON.stringify(terms)})`, (model) => model.grants.length < 5, async (model, real) => void (await give(model, real, terms)))),
  pickOf.map((pick) =>
    onGrant('supersede', pick, async (model, real, index, grant) => {
      const supersedes = await world.grant(real.grants[index] ?? '');
      if (await give(model, real, { once: false, hours: 700, withLoan: false, supersedes })) grant.state = 'SUPERSEDED';
    }),
  ),
  pickOf.map((pick) => transition('REVOKE', pick)),
  pickOf.map((pick) => transition('SUSPEND', pick)),
  pickOf.map((pick) => transition('RESUME', pick)),
  fc.tuple(pickOf, fc.boolean()).map(([pick, twice]) => release(pick, twice)),
  fc.tuple(pickOf, fc.boolean()).map(([pick, twice]) => release(pick, twice)),
  fc.constantFrom(1, 13).map((hours) => free(`pass(${hours} h)`, () => true, async () => world.pass(hours * HOUR_MILLIS))),
  fc.constant(
    free('failBeforeTheFirstByte', () => true, async (model, real) => {
      const last = real.released.pop();
      if (last === undefined) return;
      await world.submit('provincial-node', 'releases:record-outcomes', { outcomes: [{ releaseId: last.id, outcome: 'FAILED', bytesSent: 0 }] });
      const use = model.grants[last.grant]?.uses[last.use];
      if (use !== undefined) use.back = true;
    }),
  ),
  fc.constant(
    free('openLoan', (model) => model.loans.length < 2 && !model.bankIsOut, async (model, real) => {
      real.loans.push(await world.openLoan(real.by));
      model.loans.push(true);
    }),
  ),
  fc.constant(
    free('refuseLoan', (model) => !model.bankIsOut && model.loans.at(-1) === true, async (model, real) => {
      await world.submit('city-platform', 'loans:advance', { ref: real.loans.at(-1) ?? '', to: 'REFUSED' });
      model.loans[model.loans.length - 1] = false;
    }),
  ),
  fc.constant(
    free('bankSuspendedOrResumed', () => true, async (model) => {
      await world.submit('provincial-node', model.bankIsOut ? 'participants:resume' : 'participants:suspend', { id: 'example-bank', reason: 'ordered-by-regulator', documentDigest: DOCUMENT });
      model.bankIsOut = !model.bankIsOut;
    }),
  ),
  fc.constant(
    free('dispute', (model) => model.marks < 2, async (model, real) => {
      const id = world.nextId();
      await world.submit('city-platform', 'disputes:file', { id, enterprise: real.by.ref, filedBy: 'PRINCIPAL', platform: 'city-platform', item: 'TAX-01', reason: 'row-is-wrong', textDigest: DOCUMENT });
      real.disputes.push(id);
      model.marks += 1;
    }),
  ),
  fc.constant(
    free('settleDispute', (model) => model.marks > 0, async (model, real) => {
      const id = real.disputes.pop() ?? '';
      await world.submit('city-platform', 'disputes:forward', { id });
      await world.submit('provincial-node', 'disputes:review', { id });
      await world.submit('tax-bureau', 'disputes:resolve', { id, finding: 'CORRECTED', documentDigest: DOCUMENT });
      model.marks -= 1;
    }),
  ),
];

describe('the whole life of grants', () => {
  it(`goes as the model says in ${RUNS} runs, and its blocks keep I1, I3, I5, I7 and I9`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(COMMANDS, { size: 'large', maxCommands: 30 }), async (commands) => {
        const setup = { model: { grants: [], loans: [], bankIsOut: false, marks: 0 } as Model, real: { world, by: await world.addEnterprise(), grants: [], loans: [], disputes: [], released: [] } as Real };
        try {
          await fc.asyncModelRun(() => setup, commands);
        } finally {
          if (setup.model.bankIsOut) await world.submit('provincial-node', 'participants:resume', { id: 'example-bank', reason: 'run-is-over', documentDigest: DOCUMENT });
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(breachesOf(await world.history())).toEqual([]);
  }, 600_000);
});
