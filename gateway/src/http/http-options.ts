import type { TrustFile } from '@kesu/verifier';
import type { CaseAnnexes } from '../evidence/case-annexes';
import type { CaseBundles } from '../evidence/case-bundles';
import type { HandoverOutbox } from '../handover';
import type { CheckpointTimestamps } from '../evidence/checkpoint-timestamps';
import type { LogParts } from '../evidence-log';
import type { Requester } from '../requester';
import type { NoticeOutbox } from '../use-cases/notices';

/** A condition of readiness beside those the server looks at itself (a real evaluate, the projection's lag). */
export interface ReadinessCheck {
  /** A short name, e.g. `projection`. */
  readonly name: string;
  /** Returns when all is well. @throws Error whose message says what isn't. */
  verify(): void | Promise<void>;
}

/** How many requests one address or one requester may send in a window. */
export interface RateLimit {
  readonly windowMillis: number;
  readonly requests: number;
}

/** The windows that {@link RateLimits} names, each with what it counts. */
export interface RateLimits {
  /** Everything, by requester (or by address where nobody signed in). */
  readonly general: RateLimit;
  /** Signing in: tokens, challenges and sessions, by address. */
  readonly signIn: RateLimit;
  /** Credit code to `subjectRef`, by requester: small, because each answer tells who is registered. */
  readonly subjectRefs: RateLimit;
}

/** With what the HTTP server is made. */
export interface HttpOptions {
  /** The origin that people and clients use, e.g. `http://localhost:8080`: audience of client assertions, origin of passkeys. */
  readonly origin: string;
  /** The relying party of passkeys, e.g. `localhost`. */
  readonly rpId: string;
  /** Present in the demonstration only: bearer tokens and whom each stands for; other Hosts than loopback are then refused. */
  readonly demonstration?: { tokens(): ReadonlyMap<string, Requester> };
  /** Further conditions of readiness, e.g. that the projection has not stopped. */
  readonly readiness?: readonly ReadinessCheck[];
  /** The outbox of notices; without it there are none to list. */
  readonly notices?: Pick<NoticeOutbox, 'list' | 'acknowledge'>;
  /** The outbox of hand-overs; without it authorities confirm by themselves. */
  readonly handovers?: Pick<HandoverOutbox, 'enqueue' | 'status'>;
  /** The log over the ledger's events; without it the paths under `/v1/log` answer `not-ready`. */
  readonly evidenceLog?: Pick<LogParts, 'log' | 'publisher' | 'cosigner'>;
  /** Checkpoints timestamped by authorities outside; absent where none is configured. */
  readonly timestamps?: Pick<CheckpointTimestamps, 'newest'>;
  /** Sealed evidence: the bundles of cases, where this gateway can seal them, and what its operator says that a notary may trust. */
  readonly evidence?: {
    readonly bundles: Pick<CaseBundles, 'seal' | 'list' | 'find' | 'bytesOf'> | undefined;
    readonly annexes?: Pick<CaseAnnexes, 'make' | 'list' | 'find' | 'bytesOf'> | undefined;
    trust(): Promise<TrustFile>;
  };
  /** Other limits than `DEFAULT_RATE_LIMITS`. */
  readonly rateLimits?: Partial<RateLimits>;
  /** Longest time that `stop` waits for running requests, milliseconds; `STOP_MILLIS` unless given. */
  readonly stopMillis?: number;
}
