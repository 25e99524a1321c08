/**
 * The chaincode as a service: one process an organisation, which its own peer connects to. fabric-shim's server, behind two
 * questions that it doesn't ask: is there TLS material for both sides, and is this build the one the package was approved for.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gatheringHandler, type PeerMessageClass, type StateHandlerClass } from './gathered-state';
import { dropUnloggedLines, keepCertificatesParsed } from './lean-shim';
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
  const require = createRequire(__filename);
  dropUnloggedLines();
  keepCertificatesParsed();
  gatherState(require);
  // Its arguments are read when it is loaded.
  require('fabric-shim/cli.js');
}

/** Has fabric-shim's server, which isn't loaded yet and takes the handler's class from here then, converse with its peer by ours. */
function gatherState(require: NodeJS.Require): void {
  const shim = require('fabric-shim/lib/handler.js') as { ChaincodeMessageHandler: StateHandlerClass };
  const { peer } = createRequire(require.resolve('fabric-shim'))('@hyperledger/fabric-protos') as { peer: { ChaincodeMessage: PeerMessageClass } };
  shim.ChaincodeMessageHandler = gatheringHandler(shim.ChaincodeMessageHandler, peer.ChaincodeMessage);
}

try {
  const settings = serverSettings(process.env);
  requireApprovedBuild(settings.CHAINCODE_ID, PACKAGE_DIRECTORY);
  serve(settings);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = CANNOT_START;
}
