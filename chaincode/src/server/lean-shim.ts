/**
 * What fabric-shim 2.5.8 does for every call though nothing needs it, left out while it runs: on Fabric and on the embedded ledger, which
 * runs the same dispatcher. Its files stay as they are.
 */

/** So many callers' certificates are kept parsed. */
const PARSED_CERTIFICATES = 1_000;
/** From the gravest to the least, as winston's own levels. */
const LEVELS = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'] as const;

interface Logger {
  level: string;
}

interface Loggers {
  getLogger(name?: string): Logger;
}

interface CertificateParser {
  fromPEM(pem: unknown): unknown;
}

/**
 * Makes a log line below the level cost nothing: winston formats each before it looks at the level, and several are written for every message.
 * To be called before anything that logs is loaded: it asks for its logger then. The level is that of `CORE_CHAINCODE_LOGGING_LEVEL`, for good.
 */
export function dropUnloggedLines(): void {
  /* eslint-disable @typescript-eslint/no-require-imports -- these have no types, and aren't loaded before they are needed */
  dropLinesOf(require('fabric-shim/lib/logger.js') as Loggers);
  dropLinesOf(require('fabric-contract-api/lib/logger.js') as Loggers);
  /* eslint-enable @typescript-eslint/no-require-imports */
}

function dropLinesOf(loggers: Loggers): void {
  const getLogger = loggers.getLogger.bind(loggers);
  loggers.getLogger = (name) => {
    const logger = getLogger(name);
    const own = LEVELS.findIndex((level) => level === logger.level);
    return Object.assign(logger, Object.fromEntries(LEVELS.filter((_level, index) => index > own).map((level) => [level, () => logger])));
  };
}

const keeping = new WeakSet<CertificateParser>();

/** Keeps callers' certificates parsed: each is parsed anew for every call, a third of a call's cost, and `ClientIdentity` only reads what it gets. */
export function keepCertificatesParsed(): void {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not loaded before it is needed
  const parser = (require('@fidm/x509') as { readonly Certificate: CertificateParser }).Certificate;
  if (keeping.has(parser)) return;
  keeping.add(parser);
  const parse = parser.fromPEM.bind(parser);
  const parsed = new Map<string, unknown>();
  parser.fromPEM = (pem) => {
    const key = String(pem);
    const known = parsed.get(key);
    if (known !== undefined) return known;
    const fresh = parse(pem);
    if (parsed.size >= PARSED_CERTIFICATES) parsed.clear();
    parsed.set(key, fresh);
    return fresh;
  };
}
