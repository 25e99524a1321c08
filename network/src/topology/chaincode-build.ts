import { dirname, join } from 'node:path';
import { buildDigest, packageLabel } from '@kesu/chaincode/build';
import { NetworkError } from './network-error';
import type { PeerOrganisation, Topology } from './topology';

/** The chaincode package that an organisation runs. */
export function chaincodeDirectory({ chaincodeDirectory: own }: Pick<PeerOrganisation, 'chaincodeDirectory'>): string {
  return own ?? dirname(dirname(require.resolve('@kesu/chaincode')));
}

/** The program that serves it. */
export function chaincodeServer(organisation: PeerOrganisation): string {
  return join(chaincodeDirectory(organisation), 'lib', 'server', 'chaincode-server.js');
}

/**
 * The label that a package of the organisation's present build gets.
 * @throws NetworkError `build-mismatch` when there is no build.
 */
export function ownLabel(topology: Pick<Topology, 'chaincode'>, organisation: Pick<PeerOrganisation, 'name' | 'chaincodeDirectory'>): string {
  try {
    return packageLabel(topology.chaincode, buildDigest(chaincodeDirectory(organisation)));
  } catch (cause) {
    throw new NetworkError('build-mismatch', `The chaincode of ${organisation.name} is not built: ${cause instanceof Error ? cause.message : String(cause)}.`, 'Build it with `npm run build` in its checkout and run the command again.', { cause });
  }
}

/** The label in a package id: what stands before its colon. */
export function labelOf(packageId: string): string {
  return packageId.split(':')[0] ?? '';
}
