import { MINUTE_MILLIS } from '@kesu/chaincode/domain';
import type { RateLimits } from './http-options';

export { MAX_EVALUATIONS } from '../use-cases/check';
export { FOLD_WAIT_MILLIS } from '../use-cases/committed';
export { IDEMPOTENCY_DAYS, LOOKUP_DAYS } from '../use-cases/retention';
export { MAX_LOOKUPS_PER_DAY } from '../use-cases/subject-map';

/** Longest body of a request, bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Deepest nesting of a JSON body: objects and lists. */
export const MAX_JSON_DEPTH = 20;
/** Most entries of one page of a list. */
export const MAX_PAGE = 100;
/** Entries of a page when `limit` isn't given. */
export const DEFAULT_PAGE = 50;
/** Most rows of one csv or jsonl export of a trace. */
export const MAX_EXPORT_ROWS = 100_000;
/** Bytes of all headers of a request together. */
export const MAX_HEADER_BYTES = 16 * 1024;
/** How long a client may take to send its headers, milliseconds. */
export const HEADERS_MILLIS = 10_000;
/** How long a client may take to send a whole request, milliseconds. */
export const REQUEST_MILLIS = 30_000;
/** How long an idle connection is kept, milliseconds. */
export const KEEP_ALIVE_MILLIS = 65_000;
/** Most open connections. */
export const MAX_CONNECTIONS = 10_000;
/** Longest time that stopping waits for running requests, milliseconds. */
export const STOP_MILLIS = 20_000;
/** How long a client may take nothing of an answer that waits for it while the server stops, milliseconds. */
export const UNREAD_MILLIS = 2_000;
/** How long an access token counts, milliseconds. */
export const TOKEN_MILLIS = 10 * MINUTE_MILLIS;
/** Longest time from now to the `exp` of a client assertion, milliseconds. */
export const MAX_ASSERTION_MILLIS = 5 * MINUTE_MILLIS;
/** How long a challenge for signing in counts, milliseconds. */
export const CHALLENGE_MILLIS = 5 * MINUTE_MILLIS;
/** Most challenges that wait for an answer; the oldest give way. */
export const MAX_CHALLENGES = 10_000;
/** Most verified tokens that are remembered; the oldest give way. */
export const MAX_CACHED_TOKENS = 10_000;
/** Most officers that one participant can have had. */
export const MAX_OFFICERS = 1_000;
/** Most live login keys of one enterprise or officer, and most with ended ones. */
export const MAX_LOGIN_KEYS = 20;
export const MAX_LOGIN_KEYS_EVER = 200;

/** Rate limits unless the server is made with others. The check endpoints carry no rate limit: their cost is bounded by their size. */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  general: { windowMillis: MINUTE_MILLIS, requests: 60_000 },
  signIn: { windowMillis: MINUTE_MILLIS, requests: 120 },
  subjectRefs: { windowMillis: MINUTE_MILLIS, requests: 60 },
};
