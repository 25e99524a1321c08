// The chaincode that release-fabric is measured against: one putState of the bytes it is given, and nothing else. Same server, same TLS.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(new URL('../../chaincode/package.json', import.meta.url));
const { Shim } = require('fabric-shim');
const { CHAINCODE_SERVER_ADDRESS: address, CHAINCODE_ID: ccid, CHAINCODE_TLS_KEY: key, CHAINCODE_TLS_CERT: cert, CHAINCODE_CLIENT_CA_CERT: roots } = process.env;

const bare = {
  Init: async () => Shim.success(),
  async Invoke(stub) {
    const [transaction, value] = stub.getArgs();
    if (transaction === 'put') await stub.putState(stub.getTxID(), Buffer.from(value));
    return Shim.success();
  },
};

await Shim.server(bare, { ccid, address, tlsProps: { key: readFileSync(key), cert: readFileSync(cert), clientCACerts: readFileSync(roots) } }).start();
