import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/** What a chaincode process is started with: where it listens, as which package, and the files of its mutual TLS. */
export interface ServiceOptions {
  /** `host:port`. */
  readonly address: string;
  /** The package's id, `label:hash`, as the peer calculated it. */
  readonly packageId: string;
  readonly keyFile: string;
  readonly certificateFile: string;
  /** Roots of the peers that may connect. */
  readonly clientRootsFile: string;
}

/** A chaincode process that must not start: what is wrong and what to do. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
}

const VARIABLES = {
  address: 'CHAINCODE_SERVER_ADDRESS',
  packageId: 'CHAINCODE_ID',
  keyFile: 'CHAINCODE_TLS_KEY_FILE',
  certificateFile: 'CHAINCODE_TLS_CERT_FILE',
  clientRootsFile: 'CHAINCODE_TLS_CLIENT_CACERT_FILE',
} as const satisfies Record<keyof ServiceOptions, string>;

/**
 * Reads the options from the environment. Without a key, a certificate and the roots of its peers the process doesn't start: whoever
 * reaches an open chaincode port can answer in a peer's place.
 * @throws ServiceStartError.
 */
export function readServiceOptions(environment: NodeJS.ProcessEnv): ServiceOptions {
  const given = (name: keyof ServiceOptions): string => {
    const value = environment[VARIABLES[name]];
    if (value === undefined || value === '') throw new ServiceStartError(`${VARIABLES[name]} is not set: the chaincode starts with mutual TLS only; \`kesu network up\` sets it`);
    return value;
  };
  const options = { address: given('address'), packageId: given('packageId'), keyFile: given('keyFile'), certificateFile: given('certificateFile'), clientRootsFile: given('clientRootsFile') };
  if (!/^[^:\s]+:\d{1,5}$/.test(options.address)) throw new ServiceStartError(`${VARIABLES.address} is no host:port: ${options.address}`);
  if (!/^[^:\s]+:[0-9a-f]{64}$/.test(options.packageId)) throw new ServiceStartError(`${VARIABLES.packageId} is no package id (label:hash): take it from \`peer lifecycle chaincode calculatepackageid\``);
  assertReadable('keyFile', options, (pem) => createPrivateKey(pem));
  assertReadable('certificateFile', options, (pem) => new X509Certificate(pem));
  assertReadable('clientRootsFile', options, (pem) => new X509Certificate(pem));
  return options;
}

function assertReadable(name: keyof ServiceOptions, options: ServiceOptions, parse: (pem: Buffer) => unknown): void {
  const file = options[name];
  if (!existsSync(file)) throw new ServiceStartError(`${VARIABLES[name]} names ${file}, which does not exist: enrol the chaincode's TLS certificate again`);
  try {
    parse(readFileSync(file));
  } catch {
    throw new ServiceStartError(`${VARIABLES[name]} names ${file}, which is no PEM of its kind`);
  }
}
