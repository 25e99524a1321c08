import { setTimeout as wait } from 'node:timers/promises';
import { NetworkLayout } from './layout';
import { NetworkError } from './network-error';
import { isBroughtDown, networkUp, type UpOptions } from './network-up';
import { networkSpecs } from './network-status';
import { NetworkProcesses } from './processes';
import { readTopology } from './topology';

/** Between two looks at the processes, milliseconds; twice as long after each start, at most this long, until a minute has passed without one. */
const LOOK_MILLIS = 1_000;
const MOST_PAUSE_MILLIS = 60_000;
const STEADY_MILLIS = 60_000;

/** A process that doesn't run, with what it wrote last. */
export interface EndedProcess {
  readonly name: string;
  readonly lastWords: string;
}

/** What supervision tells: processes don't run, they were started, or they could not be, and when it tries again. */
export type SuperviseEvent =
  | { readonly kind: 'ended'; readonly processes: readonly EndedProcess[] }
  | { readonly kind: 'started'; readonly processes: readonly string[]; readonly millis: number }
  | { readonly kind: 'failed'; readonly error: NetworkError; readonly againInMillis: number };

/** How a network is supervised. */
export interface SuperviseOptions extends Pick<UpOptions, 'directory' | 'environment'> {
  readonly tell: (event: SuperviseEvent) => void;
  /** Ends the supervision; the network runs on. */
  readonly signal: AbortSignal;
}

/**
 * Starts again what ends by itself, as `networkUp` does, until `signal` aborts or the network is brought down. While another command changes the network it only
 * looks; what ends again and again, or can't be started, is tried ever more seldom, once a minute in the end.
 * @throws NetworkError `topology-malformed`.
 */
export async function superviseNetwork({ directory, environment, tell, signal }: SuperviseOptions): Promise<void> {
  const layout = new NetworkLayout(directory);
  let pause = LOOK_MILLIS;
  let lastStart = 0;
  let told = '';
  for (; !signal.aborted && !isBroughtDown(layout); await wait(pause, undefined, { signal }).catch(() => undefined)) {
    const ended = await endedOf(layout);
    if (ended.length === 0) {
      if (Date.now() - lastStart > STEADY_MILLIS) pause = LOOK_MILLIS;
      told = '';
      continue;
    }
    const next = Math.min(pause * 2, MOST_PAUSE_MILLIS);
    const event = await startAgain({ directory, environment, isSupervised: true }, next);
    if (event === undefined) continue;
    const which = ended.map(({ name }) => name).join();
    if (which !== told) tell({ kind: 'ended', processes: ended });
    tell(event);
    [told, pause, lastStart] = [which, next, Date.now()];
  }
}

/** What came of it; undefined while another command changes the network, or has brought it down. */
async function startAgain(options: UpOptions, againInMillis: number): Promise<SuperviseEvent | undefined> {
  try {
    const { started, millis } = await networkUp(options);
    return { kind: 'started', processes: started, millis };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return error.code === 'network-busy' || error.code === 'network-down' ? undefined : { kind: 'failed', error, againInMillis };
  }
}

async function endedOf(layout: NetworkLayout): Promise<EndedProcess[]> {
  const processes = new NetworkProcesses(layout);
  const ended: EndedProcess[] = [];
  for (const { name } of networkSpecs({ topology: readTopology(layout.topology), layout })) {
    if ((await processes.state(name)) !== 'running') ended.push({ name, lastWords: processes.lastWords(name) });
  }
  return ended;
}
