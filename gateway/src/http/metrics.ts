import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** The figures of one server, for operators: no ids, no names. */
export class Metrics {
  readonly registry = new Registry();
  readonly #durations = new Histogram({
    name: 'kesu_http_request_seconds',
    help: 'Duration of requests by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  /** Plain numbers until somebody asks: a labelled counter would cost each check more than its body's parsing. */
  #permits = 0;
  #denials = 0;

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'kesu_' });
    const checks = new Counter({
      name: 'kesu_checks_total',
      help: 'Checks by decision',
      labelNames: ['decision'] as const,
      registers: [this.registry],
      collect: () => {
        checks.reset();
        checks.labels('permit').inc(this.#permits);
        checks.labels('deny').inc(this.#denials);
      },
    });
  }

  /** Notes a finished request. */
  request(method: string, route: string, status: number, seconds: number): void {
    this.#durations.labels(method, route, String(status)).observe(seconds);
  }

  /** Notes the decision of a check. */
  check(decision: boolean): void {
    if (decision) this.#permits++;
    else this.#denials++;
  }

  /** Stops what the registry watches. */
  clear(): void {
    this.registry.clear();
  }
}
