// A release committed on a real Fabric network (3 orderers, 3 peers of 3 organisations, one chaincode process each): alone, one by one, in
// batches as the gateway's group commit makes them, beside a chaincode that only puts its bytes. One network for all sides, runs interleaved.
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { bareLedger, cpuByProcess, fabricMissing, withFabricNetwork } from './fabric-network.mjs';
import { atLeast, atMost, figure, median, percentile, seconds } from './measure.mjs';
import { requireSource } from './typescript-sources.mjs';

process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const fabricProtos = createRequire(new URL('../../network/package.json', import.meta.url))('fabric-protos');

const RUNS = 3;
/** Clients of the one-by-one sides, and the releases of each a run. */
const CLIENTS = 64;
const EACH = 8;
/** As the gateway: at most so many requests a transaction, two transactions in flight. */
const PER_BATCH = 200;
const LANES = 2;
const BATCHES = 8;
const PER_GRANT = 10;
const ENTERPRISES = 20;
const LETTERS = 20;
const ALONE = 40;
const REVOKED_ROUNDS = 5;
/** A use is counted in each release; so high that grants serve for all runs. */
const FREQUENCY = { times: 10_000, per: 'DAY' };
const ALONE_MILLIS = 40;

/** Real grants: letters signed by their enterprises, 20 in a signed set, accepted by the contract. */
async function giveGrants(world) {
  const { initialPurposes } = requireSource('../../chaincode/src/domain/index.ts');
  const { DOCUMENT } = requireSource('../../network/src/testing/ledger-world.ts');
  await world.submit('provincial-node', 'rule-book:set-purpose', { purpose: 'EVALUATION', rule: { ...initialPurposes().EVALUATION, highestFrequency: FREQUENCY }, documentDigest: DOCUMENT });
  const template = await publishTemplate(world);
  const terms = { template, items: [{ code: 'TAX-01', version: 1, granularity: 'ANSWER', separateConsent: false }], frequency: FREQUENCY };
  const sets = await Promise.all(
    Array.from({ length: ENTERPRISES }, async () => {
      const by = await world.addEnterprise();
      const letters = [];
      for (let letter = 0; letter < LETTERS; letter++) letters.push(await world.letter(by, terms));
      const { answer } = await world.submit('city-platform', 'grants:submit', world.sign(letters, { by }));
      const grants = [];
      for (const id of answer.ids) grants.push({ grant: await world.grant(id), by });
      return grants;
    }),
  );
  return sets.flat();
}

/** The world's template with a higher frequency. */
async function publishTemplate(world) {
  const { WHOLE_TEXT_EN: textEn, WHOLE_TEXT_ZH: textZh } = requireSource('../../chaincode/src/domain/testing/builders.ts');
  const means = ['DEVICE_PASSKEY', 'SYNCED_PASSKEY', 'BROWSER_KEY', 'CERTIFICATE'];
  const template = {
    id: 'OFTEN', titleZh: '授权书', titleEn: 'Letter', textZh, textEn, meets: [], purposes: ['EVALUATION'], items: [{ code: 'TAX-01', granularities: ['ANSWER'] }], longestPeriodDays: 365, longestRetentionDays: 365,
    highestFrequency: FREQUENCY, authority: [['LEGAL_REPRESENTATIVE']], means: { ANSWER: means, SCORE: means, SUMMARY: ['CERTIFICATE'], RAW: ['CERTIFICATE'] },
  };
  await world.submit('provincial-node', 'templates:draft', { template });
  const { digest } = await world.read('template', 'OFTEN@1');
  await world.submit('tax-bureau', 'templates:approve', { id: 'OFTEN', version: 1, digest, rawApproved: [] });
  await world.submit('provincial-node', 'templates:publish', { id: 'OFTEN', version: 1 });
  return { id: 'OFTEN', version: 1, digest };
}

/** A transaction that records releases under these grants, signed by their requester, as it is submitted. */
function releasing(world, given) {
  const { canonicalJson } = requireSource('../../chaincode/src/domain/index.ts');
  const command = canonicalJson({ operation: world.nextId(), requests: given.map(({ grant }) => world.asking({ grant })) });
  return { identity: world.identities.get('provincial-node'), transaction: 'releases:record', command };
}

/** Submits; how long endorsing and committing took, ms. */
async function submitted(ledger, call, expected) {
  const began = process.hrtime.bigint();
  const endorsement = await ledger.endorse(call);
  const endorse = seconds(began) * 1000;
  const { result } = await ledger.commit(endorsement);
  const commit = seconds(began) * 1000 - endorse;
  requirePermits(result, expected);
  return { endorse, commit, response: endorsement.agreement.response };
}

/** How many keys a transaction reads and writes. */
function keysOf(response) {
  const { kvrwset, protos, rwset } = fabricProtos;
  const { results } = protos.ChaincodeAction.decode(protos.ProposalResponsePayload.decode(response).extension);
  const sets = rwset.TxReadWriteSet.decode(results).ns_rwset.filter(({ namespace }) => namespace !== '_lifecycle').map(({ rwset: bytes }) => kvrwset.KVRWSet.decode(bytes));
  const count = (kind) => sets.reduce((sum, set) => sum + set[kind].length, 0);
  return { reads: count('reads'), writes: count('writes') };
}

/** A side that doesn't do its work isn't measured. @param expected how many PERMITs; undefined for the bare chaincode, which answers nothing. */
function requirePermits(result, expected) {
  if (expected === undefined) return;
  const words = JSON.parse(result).releases.map(requireSource('../../network/src/testing/ledger-world.ts').wordOf);
  const permits = words.filter((word) => word === 'PERMIT').length;
  if (permits !== expected) throw new Error(`${permits} of ${words.length} releases permitted, not ${expected}: ${[...new Set(words)].join()}`);
}

/** Lanes beside each other, each its calls in order; with what every process used, µs a release. */
async function phase({ network, ledger, lanes, perCall, expected }) {
  const timings = [];
  const before = cpuByProcess(network);
  const began = process.hrtime.bigint();
  await Promise.all(
    lanes.map(async (calls) => {
      for (const call of calls) timings.push(await submitted(ledger, call, expected));
    }),
  );
  const duration = seconds(began);
  const after = cpuByProcess(network);
  const releases = timings.length * perCall;
  const cpu = Object.fromEntries(Object.entries(after).map(([name, used]) => [name, ((used - before[name]) * 1e6) / releases]));
  return { perSecond: releases / duration, load: loadavg()[0], cpu, busyCores: Object.keys(after).reduce((sum, name) => sum + after[name] - before[name], 0) / duration, endorse: median(timings.map(({ endorse }) => endorse)), commit: median(timings.map(({ commit }) => commit)), keys: keysOf(timings.at(-1).response) };
}

/** Each client under grants that no other uses at the same time: a use is counted under its grant. */
function oneByOneLanes({ world, grants }, change = (call) => call) {
  const own = Math.floor(grants.length / CLIENTS);
  return Array.from({ length: CLIENTS }, (_, client) => Array.from({ length: EACH }, (__, turn) => change(releasing(world, [grants[client * own + (turn % own)]]))));
}

/** Each lane under grants of its own, as the gateway keeps a grant out of a second batch in flight. */
function batchLanes({ world, grants }, perGrant) {
  const distinct = PER_BATCH / perGrant;
  return Array.from({ length: LANES }, (_, lane) => {
    const own = grants.slice(lane * PER_BATCH, (lane + 1) * PER_BATCH);
    return Array.from({ length: BATCHES }, (__, turn) => {
      const from = (turn * distinct) % own.length;
      return releasing(world, Array.from({ length: PER_BATCH }, (___, index) => own[from + (index % distinct)]));
    });
  });
}

async function alone({ ledger, world, grants }) {
  const timings = [];
  for (let turn = 0; turn < ALONE; turn++) timings.push(await submitted(ledger, releasing(world, [grants[turn]]), 1));
  return timings;
}

/** A batch that was endorsed when one of its grants is revoked: what it takes until its releases are decided, and how often it is repeated. */
async function revokedInBatch({ ledger, world, grants }, round) {
  const batch = grants.slice(-PER_BATCH);
  const whole = await submitted(ledger, releasing(world, batch), PER_BATCH - round);
  const call = releasing(world, batch);
  const began = process.hrtime.bigint();
  let endorsement = await ledger.endorse(call);
  const endorsed = seconds(began);
  const { grant, by } = batch[round];
  await world.transit(by, await world.grant(grant.id), 'REVOKE');
  const again = process.hrtime.bigint();
  for (let repeats = 0; ; repeats++) {
    try {
      const { result } = await ledger.commit(endorsement);
      requirePermits(result, PER_BATCH - round - 1);
      return { whole: whole.endorse + whole.commit, millis: (endorsed + seconds(again)) * 1000, repeats };
    } catch (error) {
      if (error.kind !== 'conflict') throw error;
      endorsement = await ledger.endorse(call);
    }
  }
}

async function measured(network) {
  const ledger = await network.ledger();
  const bare = await bareLedger(network);
  try {
    const world = await network.world(ledger);
    const sides = { network, ledger, world, grants: await giveGrants(world) };
    const put = (call) => ({ ...call, transaction: 'put' });
    const taken = { oneByOne: [], bare: [], own: [], ten: [], alone: [], revoked: [] };
    const take = async () => ({
      oneByOne: await phase({ network, ledger, lanes: oneByOneLanes(sides), perCall: 1, expected: 1 }),
      bare: await phase({ network, ledger: bare, lanes: oneByOneLanes(sides, put), perCall: 1 }),
      own: await phase({ network, ledger, lanes: batchLanes(sides, 1), perCall: PER_BATCH, expected: PER_BATCH }),
      ten: await phase({ network, ledger, lanes: batchLanes(sides, PER_GRANT), perCall: PER_BATCH, expected: PER_BATCH }),
    });
    await take();
    for (let run = 0; run < RUNS; run++) {
      for (const [side, result] of Object.entries(await take())) taken[side].push(result);
      taken.alone.push(...(await alone(sides)));
    }
    // At the end: its grants stay revoked.
    for (let round = 0; round < REVOKED_ROUNDS; round++) taken.revoked.push(await revokedInBatch(sides, round));
    return { ...taken, timeoutMillis: network.topology.batch.timeoutMillis };
  } finally {
    await bare.close();
    await ledger.close();
  }
}

/** Goals, by CPU time and by rate. */
const RATIOS = { bare: atLeast(0.85), own: atLeast(15), ten: atLeast(25) };

const SIDES = { oneByOne: 'one by one', bare: 'bare putState', own: '200 a batch', ten: 'ten per grant' };

function rateFigures({ oneByOne, bare, own, ten }) {
  const rates = (runs) => runs.map(({ perSecond }) => perSecond);
  const one = median(rates(oneByOne));
  return [
    figure(`one by one, ${CLIENTS} clients`, rates(oneByOne), 'releases/s'),
    figure(`bare putState of the same bytes, ${CLIENTS} clients`, rates(bare), 'transactions/s'),
    figure('one by one ÷ bare', [one / median(rates(bare))], '×', RATIOS.bare),
    figure(`${PER_BATCH} a batch, each under a grant of its own`, rates(own), 'releases/s'),
    figure('200 a batch ÷ one by one', [median(rates(own)) / one], '×', RATIOS.own),
    figure(`${PER_BATCH} a batch, ten per grant`, rates(ten), 'releases/s'),
    figure('ten per grant ÷ one by one', [median(rates(ten)) / one], '×', RATIOS.ten),
  ];
}

/** What is compared first, with the load that it was taken at: on a busy machine a rate says little, and the CPU time of all processes, client included, nearly the same. */
function cpuFigures(taken) {
  const sums = Object.fromEntries(Object.keys(SIDES).map((side) => [side, taken[side].map(({ cpu }) => Object.values(cpu).reduce((sum, used) => sum + used, 0))]));
  const times = (one, other) => [median(sums[one]) / median(sums[other])];
  return [
    figure('load of the machine, 1 min, its cores as many as said above', Object.keys(SIDES).flatMap((side) => taken[side].map(({ load }) => load)), ''),
    figure('CPU time: bare ÷ one by one', times('bare', 'oneByOne'), '×', RATIOS.bare),
    figure('CPU time: one by one ÷ 200 a batch', times('oneByOne', 'own'), '×', RATIOS.own),
    figure('CPU time: one by one ÷ ten per grant', times('oneByOne', 'ten'), '×', RATIOS.ten),
    ...Object.entries(SIDES).map(([side, name]) => figure(`${name}: CPU of all processes`, sums[side], 'µs/release')),
  ];
}

function latencyFigures({ alone: lone, revoked, timeoutMillis }) {
  const most = timeoutMillis + ALONE_MILLIS;
  const whole = lone.map(({ endorse, commit }) => endorse + commit);
  return [
    figure('alone, p50', [percentile(whole, 0.5)], 'ms', { text: `≤ block timeout + ${ALONE_MILLIS} ms (${most})`, holds: (value) => value <= most }),
    figure('alone, p99', [percentile(whole, 0.99)], 'ms'),
    figure('alone, of it endorsing, p50', [percentile(lone.map(({ endorse }) => endorse), 0.5)], 'ms'),
    figure('a batch of 200, nothing else under way', revoked.map((round) => round.whole), 'ms'),
    figure('the same with a grant revoked behind its endorsement', revoked.map(({ millis }) => millis), 'ms'),
    figure('its repeats', revoked.map(({ repeats }) => repeats), 'times', { text: 'one', holds: () => revoked.every(({ repeats }) => repeats === 1) }),
  ];
}

/** Where the time goes: endorsing and committing of a transaction, and each process's CPU. */
function timeFigures(taken) {
  return Object.entries(SIDES).flatMap(([side, name]) => {
    const runs = taken[side];
    return [
      figure(`${name}: endorsing, p50`, runs.map(({ endorse }) => endorse), 'ms'),
      figure(`${name}: ordering and commit, p50`, runs.map(({ commit }) => commit), 'ms'),
      figure(`${name}: cores busy with it`, runs.map(({ busyCores }) => busyCores), 'cores'),
      figure(`${name}: keys a transaction reads`, runs.map(({ keys }) => keys.reads), 'keys'),
      figure(`${name}: keys a transaction writes`, runs.map(({ keys }) => keys.writes), 'keys'),
      ...Object.keys(runs[0].cpu)
        .map((process) => figure(`${name}: CPU, ${process}`, runs.map(({ cpu }) => cpu[process]), 'µs/release'))
        .filter(({ value }) => value > 0),
    ];
  });
}

export async function run() {
  const missing = await fabricMissing();
  if (missing !== undefined) return { figures: [], missing: [missing] };
  const taken = await withFabricNetwork(measured);
  return { runs: RUNS, figures: [...cpuFigures(taken), ...rateFigures(taken), ...latencyFigures(taken), ...timeFigures(taken)], missing: [] };
}
