import fc from 'fast-check';
import { type EvidenceCase, type EvidenceVolume } from '@kesu/chaincode/domain';
import { CaseWorld, DEED_ITEMS } from '../testing/case-world';
import { codeOf, DOCUMENT, LedgerWorld } from '../testing/ledger-world';

const RUNS = process.env['KESU_FULL'] === '1' ? 400 : 15;

type Kind = EvidenceCase['kind'];

/** The four lives in plain words, no code of the domain: state and verb → state. */
const ARROWS: Readonly<Record<Kind, readonly string[]>> = {
  ENFORCEABLE_DEBT: ['DRAFT submit SUBMITTED', 'SUBMITTED accept ACCEPTED', 'SUBMITTED reject REJECTED', 'ACCEPTED reject REJECTED', 'ACCEPTED issue-deed NOTARIZED', 'NOTARIZED request-enforcement ENFORCEMENT_REQUESTED', 'ENFORCEMENT_REQUESTED verify VERIFYING', 'VERIFYING certify-enforcement ENFORCEMENT_CERTIFIED', 'VERIFYING refuse-enforcement ENFORCEMENT_REFUSED', 'ENFORCEMENT_CERTIFIED file-enforcement ENFORCEMENT_FILED'],
  PRESERVATION: ['DRAFT submit SUBMITTED', 'SUBMITTED accept ACCEPTED', 'SUBMITTED reject REJECTED', 'ACCEPTED reject REJECTED', 'ACCEPTED issue-deed NOTARIZED'],
  ARBITRATION: ['DRAFT seal SEALED', 'SEALED hand-over HANDED_OVER', 'HANDED_OVER receive RECEIVED', 'RECEIVED close CLOSED'],
  LITIGATION: ['DRAFT seal SEALED', 'SEALED hand-over HANDED_OVER', 'HANDED_OVER receive RECEIVED', 'RECEIVED close CLOSED'],
};
const JUDGE: Readonly<Record<Kind, string>> = { ENFORCEABLE_DEBT: 'example-notary', PRESERVATION: 'example-notary', ARBITRATION: 'example-arbitrator', LITIGATION: 'example-court' };
const BY_PARTY = ['submit', 'request-enforcement', 'file-enforcement', 'seal', 'hand-over'];
const VERBS = [...new Set(Object.values(ARROWS).flat().map((arrow) => arrow.split(' ')[1] ?? ''))];
const CALLERS = ['example-bank', 'city-platform', 'other-bank', 'example-notary', 'other-notary', 'example-arbitrator', 'example-court'] as const;
const PARTY = ['example-bank', 'city-platform'];

interface ModelVolume {
  readonly owner: 'PARTY' | 'JUDGE';
  items: number;
  sealed: boolean;
}

interface Model {
  readonly kind: Kind;
  state: string;
  volumes: ModelVolume[];
  /** The authority is on the case from the start, or from the hand-over on. */
  judged: boolean;
  deed: 'NONE' | 'HOLDS' | 'ANNULLED';
}

interface Real {
  readonly id: string;
  readonly loanRef: string;
  /** Sealed volumes as they were when they were sealed. */
  readonly sealed: Map<number, EvidenceVolume>;
}

let world: LedgerWorld;
let cases: CaseWorld;

beforeAll(async () => {
  world = await LedgerWorld.open();
  cases = new CaseWorld(world, await world.addEnterprise());
});
afterAll(() => world.dispose());

type Command = fc.AsyncCommand<Model, Real>;

function sideOf(model: Model, caller: string): 'PARTY' | 'JUDGE' | undefined {
  if (PARTY.includes(caller)) return 'PARTY';
  return model.judged && caller === JUDGE[model.kind] ? 'JUDGE' : undefined;
}

function isOver(model: Model): boolean {
  return !ARROWS[model.kind].some((arrow) => arrow.startsWith(`${model.state} `));
}

/** What the model says becomes of a verb: the next state, or that it is refused. */
function nextOf(model: Model, verb: string, caller: string): string | undefined {
  const side = sideOf(model, caller);
  if (side === undefined || (side === 'PARTY') !== BY_PARTY.includes(verb)) return undefined;
  const arrow = ARROWS[model.kind].map((text) => text.split(' ')).find(([from, by]) => from === model.state && by === verb);
  if ((verb === 'submit' || verb === 'seal') && !model.volumes.some(({ sealed }) => sealed)) return undefined;
  if (model.kind === 'ENFORCEABLE_DEBT') {
    const sealedBy = (owner: ModelVolume['owner']): boolean => model.volumes.some((volume) => volume.owner === owner && volume.sealed);
    if (['issue-deed', 'certify-enforcement'].includes(verb) && !(sealedBy('PARTY') && sealedBy('JUDGE'))) return undefined;
    if (['request-enforcement', 'certify-enforcement'].includes(verb) && model.deed === 'ANNULLED') return undefined;
  }
  return arrow?.[2];
}

async function bodyOf(model: Model, { id }: Real, verb: string): Promise<object> {
  if (verb === 'hand-over') return { id, authority: JUDGE[model.kind], packageDigest: await cases.packageOf(id) };
  if (['submit', 'verify', 'seal', 'receive'].includes(verb)) return { id };
  const documented = { id, documentDigest: DOCUMENT };
  if (verb === 'reject') return { ...documented, reason: 'facts-unclear' };
  if (verb === 'refuse-enforcement') return { ...documented, reason: 'debtor-shows-payment', litigationId: world.nextId() };
  if (verb === 'request-enforcement') return { ...documented, expenses: [] };
  if (verb === 'file-enforcement') return { ...documented, court: 'example-court' };
  if (verb === 'certify-enforcement') return { ...documented, applyBefore: '2030-01-01', totalFen: CERTIFIED_FEN };
  return documented;
}

/** 300 万元 drawn on 2026-01-01, due on 2026-06-30, unpaid on 2026-07-20: 181 days at 4.35 %, 19 at 6.525 %. */
const CERTIFIED_FEN = 300_000_000 + 6_561_250 + 1_033_125;

function act(verb: string, caller: string): Command {
  return {
    check: (model) => ARROWS[model.kind].some((arrow) => arrow.includes(` ${verb} `)),
    run: async (model, real) => {
      const contract = model.kind === 'ARBITRATION' || model.kind === 'LITIGATION' ? 'proceedings' : 'notarization';
      const expected = nextOf(model, verb, caller);
      const code = await codeOf(world.submit(caller, `${contract}:${verb}` as 'notarization:submit', (await bodyOf(model, real, verb)) as never));
      expect([model.kind, model.state, verb, caller, code === 'done']).toEqual([model.kind, model.state, verb, caller, expected !== undefined]);
      model.state = expected ?? model.state;
      if (expected === 'HANDED_OVER') model.judged = true;
      if (expected === 'NOTARIZED') model.deed = 'HOLDS';
      await compare(model, real);
    },
    toString: () => `${caller} ${verb}`,
  };
}

/** The case is what the model says, and no sealed volume is another than it was. */
async function compare(model: Model, real: Real): Promise<void> {
  const { state, volumes, deed } = await cases.case(real.id);
  expect({ state, volumes: volumes.map(({ items, digest }) => [items, digest !== undefined]), annulled: deed?.state === 'ANNULLED' }).toEqual({ state: model.state, volumes: model.volumes.map(({ items, sealed }) => [items, sealed]), annulled: model.deed === 'ANNULLED' });
  for (const [number, was] of real.sealed) {
    expect(await cases.volume(real.id, number)).toEqual(was);
    expect(volumes[number - 1]?.digest).toBe(was.digest);
  }
}

function volumeCommand(verb: 'open' | 'add' | 'seal', caller: string, pick: number): Command {
  return {
    check: (model) => verb === 'open' || model.volumes.length > 0,
    run: async (model, real) => {
      const side = sideOf(model, caller);
      const index = model.volumes.length === 0 ? 0 : pick % model.volumes.length;
      const volume = model.volumes[index];
      const number = index + 1;
      const mayAct = side !== undefined && !isOver(model);
      if (verb === 'open') {
        const mayOpen = mayAct && model.volumes.length < 50;
        expect(await codeOf(world.submit(caller, 'evidence:open-volume', { id: real.id, subject: 'OTHER' })) === 'done').toBe(mayOpen);
        if (mayOpen) model.volumes.push({ owner: side, items: 0, sealed: false });
      } else if (volume !== undefined && verb === 'add') {
        const items = (caller.endsWith('notary') ? [...DEED_ITEMS.AUTHORITY, 'VERIFICATION_RECORD' as const] : [...DEED_ITEMS.PARTY, 'ENFORCEMENT_APPLICATION' as const]).map((kind) => cases.file(kind));
        const mayAdd = mayAct && volume.owner === side && !volume.sealed;
        expect(await codeOf(world.submit(caller, 'evidence:add-items', { id: real.id, volume: number, items })) === 'done').toBe(mayAdd);
        if (mayAdd) volume.items += items.length;
      } else if (volume !== undefined) {
        const maySeal = mayAct && volume.owner === side && !volume.sealed && volume.items > 0;
        expect(await codeOf(cases.seal(real.id, number, caller)) === 'done').toBe(maySeal);
        if (maySeal) {
          volume.sealed = true;
          real.sealed.set(number, await cases.volume(real.id, number));
        }
      }
      await compare(model, real);
    },
    toString: () => `${caller} ${verb} volume ${pick}`,
  };
}

function annul(caller: string): Command {
  return {
    check: (model) => model.kind === 'ENFORCEABLE_DEBT',
    run: async (model, real) => {
      const may = caller === 'example-notary' && model.deed === 'HOLDS';
      expect(await codeOf(world.submit(caller, 'notarization:annul-certificate', { id: real.id, certificate: 'DEED', reason: 'error-found', documentDigest: DOCUMENT })) === 'done').toBe(may);
      if (may) model.deed = 'ANNULLED';
      await compare(model, real);
    },
    toString: () => `${caller} annul`,
  };
}

const caller = fc.constantFrom(...CALLERS);
const insider = fc.constantFrom('example-bank', 'city-platform', 'example-notary', 'example-court', 'example-arbitrator');
const pick = fc.nat({ max: 5 });

/** A whole volume at once. */
async function lodge(model: Model, real: Real, by: string): Promise<void> {
  await volumeCommand('open', by, 0).run(model, real);
  for (const verb of ['add', 'seal'] as const) if (model.volumes.length > 0) await volumeCommand(verb, by, model.volumes.length - 1).run(model, real);
}

/** A verb that comes next, by the right side, with the volumes that it needs: so that lives get far. */
function onward(wanted: number): Command {
  return {
    check: (model) => !isOver(model),
    run: async (model, real) => {
      const verbs = ARROWS[model.kind].filter((arrow) => arrow.startsWith(`${model.state} `)).map((arrow) => arrow.split(' ')[1] ?? '');
      const verb = verbs[wanted % verbs.length] ?? '';
      const sides = [['PARTY', 'example-bank'], ['JUDGE', JUDGE[model.kind]]] as const;
      for (const [owner, by] of sides) {
        const isThere = model.volumes.some((volume) => volume.owner === owner && volume.sealed);
        if (!isThere && sideOf(model, by) !== undefined && model.volumes.length < 20) await lodge(model, real, by);
      }
      await act(verb, BY_PARTY.includes(verb) ? 'example-bank' : JUDGE[model.kind]).run(model, real);
    },
    toString: () => `onward ${wanted}`,
  };
}

const COMMANDS: fc.Arbitrary<Command>[] = [
  ...Array.from({ length: 5 }, () => fc.nat({ max: 5 }).map((wanted) => onward(wanted === 1 ? 1 : 0))),
  fc.tuple(fc.constantFrom(...VERBS), caller).map(([verb, by]) => act(verb, by)),
  fc.tuple(fc.constantFrom('open' as const, 'add' as const, 'seal' as const), insider, pick).map(([verb, by, which]) => volumeCommand(verb, by, which)),
  caller.map(annul),
];

describe('the four lives of cases', () => {
  it(`go as the model says in ${RUNS} runs, and sealed volumes never change`, async () => {
    const drawn = await cases.loan('APPROVED', 'DRAWN');
    world.clock.time = Date.UTC(2026, 6, 20);
    await cases.report(drawn, 'OVERDUE');
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Kind>('ENFORCEABLE_DEBT', 'ENFORCEABLE_DEBT', 'ENFORCEABLE_DEBT', 'PRESERVATION', 'ARBITRATION', 'LITIGATION'), fc.commands(COMMANDS, { size: 'max', maxCommands: 30 }), async (kind, commands) => {
        const id = await cases.open({ kind, ...(kind === 'ENFORCEABLE_DEBT' ? { loanRef: drawn } : {}) });
        const model: Model = { kind, state: 'DRAFT', volumes: [], judged: kind === 'ENFORCEABLE_DEBT' || kind === 'PRESERVATION', deed: 'NONE' };
        await fc.asyncModelRun(() => ({ model, real: { id, loanRef: drawn, sealed: new Map() } }), commands);
        reached.add(`${kind} ${model.state}`);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    for (const state of ['PRESERVATION NOTARIZED', 'LITIGATION CLOSED', 'ARBITRATION CLOSED', 'ENFORCEABLE_DEBT ENFORCEMENT_FILED']) if (RUNS > 100) expect(reached).toContain(state);
  }, 600_000);
});
