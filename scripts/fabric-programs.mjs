import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['peer', 'orderer', 'configtxgen', 'configtxlator', 'osnadmin', 'fabric-ca-server'];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why the tests on Fabric's own programs can't run; undefined when they can. Looks as `kesu network` does. */
export function missingFabric() {
  const where = process.env.FABRIC_BIN ? [process.env.FABRIC_BIN] : (process.env.PATH ?? '').split(delimiter);
  const missing = PROGRAMS.filter((name) => !where.some((directory) => isExecutable(join(directory, name))));
  if (missing.length === 0) return undefined;
  return `${missing.join(', ')} not found ${process.env.FABRIC_BIN ? 'in FABRIC_BIN' : 'on PATH, and FABRIC_BIN is not set'}. Install Hyperledger Fabric's programs and set FABRIC_BIN to their directory.`;
}
