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
  readonly #checks = new Counter({ name: 'kesu_checks_total', help: 'Checks by decision', labelNames: ['decision'] as const, registers: [this.registry] });
  readonly #permits = this.#checks.labels('permit');
  readonly #denials = this.#checks.labels('deny');

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'kesu_' });
  }

  /** Notes a finished request. */
  request(method: string, route: string, status: number, seconds: number): void {
    this.#durations.labels(method, route, String(status)).observe(seconds);
  }

  /** Notes the decision of a check. */
  check(decision: boolean): void {
    (decision ? this.#permits : this.#denials).inc();
  }

  /** Stops what the registry watches. */
  clear(): void {
    this.registry.clear();
  }
}
