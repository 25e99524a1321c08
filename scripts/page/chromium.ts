import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Longest time that a page may take to come to what is waited for, milliseconds. */
const WAIT_MILLIS = 30_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The Chromium on the path; undefined when there is none. */
export function chromiumOnPath(): string | undefined {
  return NAMES.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

type Message = { readonly id?: number; readonly sessionId?: string; readonly method?: string; readonly params?: Readonly<Record<string, unknown>>; readonly result?: Readonly<Record<string, unknown>>; readonly error?: { readonly message: string } };

/** A real Chromium without a window, spoken to over a pipe: DevTools protocol, messages divided by NUL. */
export class Chromium {
  #last = 0;
  #text = '';
  readonly #waiting = new Map<number, { resolve(result: Readonly<Record<string, unknown>>): void; reject(error: Error): void }>();
  readonly #ended: Promise<unknown>;
  /** Everything that it told without being asked. */
  readonly events: Message[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    void this.#ended.then(() => this.#waiting.forEach(({ reject }) => reject(new Error('Chromium has ended'))));
  }

  static async start(program: string): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'kesu-chromium-'));
    // As root, in a container, its sandbox can't start; it opens our own page only.
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const args = ['--headless=new', ...sandbox, '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--no-proxy-server', `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'];
    // Without a locale it takes file names beyond ASCII for none.
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    return new Chromium(spawn(program, args, { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] }), profile);
  }

  #receive(text: string): void {
    const pieces = `${this.#text}${text}`.split('\0');
    this.#text = pieces.pop() ?? '';
    for (const piece of pieces) this.#take(JSON.parse(piece) as Message);
  }

  #take(message: Message): void {
    const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (waiting === undefined) return void this.events.push(message);
    if (message.error === undefined) waiting.resolve(message.result ?? {});
    else waiting.reject(new Error(message.error.message));
  }

  /** Asks and waits for the answer. */
  ask(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#last;
    const answer = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    return answer;
  }

  /** Opens a page of a file or server in a tab of its own, its requests and messages listened to from before the first. */
  async open(url: string): Promise<Tab> {
    const { targetId } = await this.ask('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.ask('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, String(sessionId));
    for (const domain of ['Network', 'Log', 'Runtime', 'Page', 'DOM']) await tab.ask(`${domain}.enable`);
    await tab.ask('Page.navigate', { url });
    await tab.until(`document.readyState === 'complete' && location.href !== 'about:blank'`);
    return tab;
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One page that is open. */
export class Tab {
  constructor(
    private readonly browser: Chromium,
    private readonly session: string,
  ) {}

  ask(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.browser.ask(method, params, this.session);
  }

  /** What an expression comes to in the page; of a promise, what it becomes. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.ask('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value: T }).value;
  }

  /** Waits in the page until an expression holds. @throws Error when it doesn't within {@link WAIT_MILLIS}. */
  async until(expression: string): Promise<void> {
    const holds = await this.value<boolean>(`new Promise((done) => { const end = performance.now() + ${WAIT_MILLIS}; const look = () => (${expression}) ? done(true) : performance.now() > end ? done(false) : setTimeout(look, 5); look(); })`);
    if (!holds) throw new Error(`the page did not come to ${expression}`);
  }

  /** Chooses a file for an input, as its user would. */
  async choose(selector: string, path: string): Promise<void> {
    const { root } = await this.ask('DOM.getDocument');
    const { nodeId } = await this.ask('DOM.querySelector', { nodeId: (root as { readonly nodeId: number }).nodeId, selector });
    await this.ask('DOM.setFileInputFiles', { nodeId, files: [path] });
  }

  /** Addresses that it asked for. */
  get requested(): readonly string[] {
    return this.#told('Network.requestWillBeSent').map(({ params }) => (params?.request as { readonly url: string }).url);
  }

  /** What it complained of. */
  get complaints(): readonly string[] {
    return [...this.#told('Log.entryAdded').map(({ params }) => String((params?.entry as { readonly text: string }).text)), ...this.#told('Runtime.exceptionThrown').map(({ params }) => JSON.stringify(params))];
  }

  #told(method: string): readonly Message[] {
    return this.browser.events.filter((event) => event.sessionId === this.session && event.method === method);
  }
}
