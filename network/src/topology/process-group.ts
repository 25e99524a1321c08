import { requireFreePorts } from './free-ports';
import type { NetworkProcesses, ProcessSpec } from './processes';

/** The processes that one command starts: they end again when the command fails. */
export class ProcessGroup {
  readonly #started: string[] = [];

  constructor(
    readonly processes: NetworkProcesses,
    private readonly host: string,
  ) {}

  /** The names of those that this command started. */
  get started(): readonly string[] {
    return [...this.#started];
  }

  /**
   * Starts those that don't run and waits until all answer.
   * @throws NetworkError `port-in-use` before any is started; as {@link NetworkProcesses.ready}.
   */
  async start(specs: readonly ProcessSpec[]): Promise<void> {
    await this.requirePorts(specs);
    for (const spec of await this.due(specs)) {
      this.#started.push(spec.name);
      await this.processes.start(spec);
    }
    await Promise.all(specs.map((spec) => this.processes.ready(spec)));
  }

  /** @throws NetworkError `port-in-use` when something else listens where one of `specs` that doesn't run would. */
  async requirePorts(specs: readonly ProcessSpec[]): Promise<void> {
    await requireFreePorts(this.host, await this.due(specs));
  }

  /** Ends what this command started, the last first. */
  async undo(): Promise<void> {
    for (const name of this.#started.splice(0).reverse()) await this.processes.stop(name);
  }

  private async due(specs: readonly ProcessSpec[]): Promise<readonly ProcessSpec[]> {
    const states = await Promise.all(specs.map(({ name }) => this.processes.state(name)));
    return specs.filter((_, index) => states[index] !== 'running');
  }
}
