import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownLabel } from './chaincode-build';
import { packageWithTls } from './chaincode-package';
import { tlsFiles } from './layout';
import { NetworkError } from './network-error';
import type { Topology } from './topology';
import { writeWhole } from './write-whole';

/** What an organisation packages that runs its processes itself. */
export interface PackageOptions extends Pick<Topology, 'chaincode'> {
  /** Where its peer reaches the chaincode: `host:port`. */
  readonly address: string;
  /** Holds `server/` and `caller/`, each with `ca.crt`, `server.crt` and `server.key`. */
  readonly tls: string;
  /** The file that is written; it holds the caller's key. */
  readonly out: string;
}

/**
 * Packages the present build for `peer lifecycle chaincode install`.
 * @returns its id, `label:hash`: the label is the build's, equal for all who built the same release.
 * @throws NetworkError `build-mismatch` without a build, `package-mismatch` without TLS files.
 */
export function packageBuild({ chaincode, address, tls, out }: PackageOptions): { readonly id: string; readonly file: string } {
  const caller = tlsFiles(join(tls, 'caller'));
  const missing = [tlsFiles(join(tls, 'server')).root, caller.certificate, caller.privateKey].filter((path) => !existsSync(path));
  if (missing.length > 0) throw new NetworkError('package-mismatch', `${missing.join(', ')} can't be read.`, 'Enrol TLS for the chaincode and for its caller, and name the directory of both with `--tls`.');
  const { id, bytes } = packageWithTls(ownLabel({ chaincode }, { name: 'this organisation' }), address, tls);
  writeWhole(out, bytes, { secret: true });
  return { id, file: out };
}
