// Small measuring tools: medians of several runs, with their spread.
import { createRequire } from 'node:module';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** A figure from several runs: median and min–max. */
export function figure(name, values, unit, goal) {
  const value = median(values);
  const spread = values.length > 1 ? `${short(Math.min(...values))}–${short(Math.max(...values))}` : undefined;
  return { name, value, unit, ...(spread === undefined ? {} : { spread }), ...(goal === undefined ? {} : { goal: goal.text, met: goal.holds(value) }) };
}

export function atLeast(least) {
  return { text: `≥ ${least}`, holds: (value) => value >= least };
}

export function atMost(most) {
  return { text: `≤ ${most}`, holds: (value) => value <= most };
}

function short(value) {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export function seconds(started) {
  return Number(process.hrtime.bigint() - started) / 1e9;
}

/** Calls a second of `call`, measured over about `duration` seconds after a warm-up. */
export function rate(call, duration = 1) {
  for (let warm = process.hrtime.bigint(); seconds(warm) < duration / 4; ) for (let i = 0; i < 100; i++) call();
  let calls = 0;
  const started = process.hrtime.bigint();
  while (seconds(started) < duration) {
    for (let i = 0; i < 100; i++) call();
    calls += 100;
  }
  return calls / seconds(started);
}

/** Repeats a measurement. */
export async function repeated(runs, measure) {
  const values = [];
  for (let run = 0; run < runs; run++) values.push(await measure(run));
  return values;
}

const require = createRequire(import.meta.url);

/** A CommonJS module that may not be installed; found here or in a directory of NODE_PATH. */
export function optional(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
