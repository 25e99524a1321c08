/**
 * The chaincode as a service: one process an organisation, which its own peer connects to. fabric-shim's server, behind two
 * questions that it doesn't ask: is there TLS material for both sides, and is this build the one the package was approved for.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { requireApprovedBuild, serverSettings, type ServerSettings } from './server-settings';

const PACKAGE_DIRECTORY = join(__dirname, '..', '..');
const CANNOT_START = 3;

function serve(settings: ServerSettings): void {
  process.argv = [
    process.execPath,
    'fabric-chaincode-node',
    'server',
    '--chaincode-address',
    settings.CHAINCODE_SERVER_ADDRESS,
    '--chaincode-id',
    settings.CHAINCODE_ID,
    '--chaincode-tls-key-file',
    settings.CHAINCODE_TLS_KEY,
    '--chaincode-tls-cert-file',
    settings.CHAINCODE_TLS_CERT,
    '--chaincode-tls-client-cacert-file',
    settings.CHAINCODE_CLIENT_CA_CERT,
    '--module-path',
    PACKAGE_DIRECTORY,
  ];
  // Its arguments are read when it is loaded.
  createRequire(__filename)('fabric-shim/cli.js');
}

try {
  const settings = serverSettings(process.env);
  requireApprovedBuild(settings.CHAINCODE_ID, PACKAGE_DIRECTORY);
  serve(settings);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = CANNOT_START;
}
