import { join } from 'node:path';
import { BUILD_DIGEST } from '../contract/build-digest';
import { readServiceOptions, ServiceStartError } from './service-options';

const EXIT_NOT_STARTED = 3;

/**
 * The chaincode as a service: `kesu-chaincode` listens for its organisation's peer, `kesu-chaincode --digest` says which build it is.
 * Fabric's own program (`fabric-chaincode-node server`) does the work, in this process.
 */
function main(): void {
  if (process.argv[2] === '--digest') {
    process.stdout.write(`${BUILD_DIGEST}\n`);
    return;
  }
  const { address, packageId, keyFile, certificateFile, clientRootsFile } = readServiceOptions(process.env);
  // fabric-shim reads its log level when it is first required, and a debug level halves its speed.
  process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'ERROR';
  process.argv = [
    ...process.argv.slice(0, 2),
    'server',
    ...['--chaincode-address', address, '--chaincode-id', packageId],
    ...['--chaincode-tls-key-file', keyFile, '--chaincode-tls-cert-file', certificateFile, '--chaincode-tls-client-cacert-file', clientRootsFile],
    ...['--module-path', join(__dirname, '..', '..')],
  ];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- late, behind the log level, and a program without exports
  require('fabric-shim/cli.js');
}

try {
  main();
} catch (error) {
  if (!(error instanceof ServiceStartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_NOT_STARTED;
}
