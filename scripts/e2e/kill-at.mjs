// Given to a gateway by tests with `--import`: ends the process by SIGKILL at one step of a release on Fabric. The release's idempotency key
// names the step, `kill.<step>.<uuid>`; a file in KILL_RECORDS makes each key kill once, so that its repeat goes through.
import { AsyncLocalStorage } from 'node:async_hooks';
import { openSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// The contract library reads its log level when it is first loaded.
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';

const require = createRequire(new URL('../../network/lib/fabric/index.js', import.meta.url));
const { FabricLedger } = require('./fabric-ledger.js');
const { Endorsing } = require('./endorsing.js');
const { Ordering } = require('./ordering.js');

const KEY = /kill\.[a-z-]+\.[0-9a-f-]{36}/;
/** The key of the release that is being recorded, if it is one that kills. */
const recording = new AsyncLocalStorage();

function reach(step, key) {
  if (key === undefined || !key.startsWith(`kill.${step}.`)) return;
  try {
    openSync(join(process.env.KILL_RECORDS, key), 'wx');
  } catch (error) {
    if (error.code === 'EEXIST') return;
    throw error;
  }
  process.kill(process.pid, 'SIGKILL');
}

const { submit } = FabricLedger.prototype;
FabricLedger.prototype.submit = async function (call, ...rest) {
  const key = call.transaction === 'releases:record' ? KEY.exec(call.command)?.[0] : undefined;
  const committed = await recording.run(key, () => submit.call(this, call, ...rest));
  reach('after-commit', key);
  return committed;
};

const { endorse } = Endorsing.prototype;
Endorsing.prototype.endorse = async function (...args) {
  reach('before-endorsing', recording.getStore());
  const agreement = await endorse.apply(this, args);
  reach('after-endorsing', recording.getStore());
  return agreement;
};

const { broadcast } = Ordering.prototype;
Ordering.prototype.broadcast = async function (...args) {
  const isAccepted = await broadcast.apply(this, args);
  reach('after-submitting', recording.getStore());
  return isAccepted;
};

const { end } = http.ServerResponse.prototype;
http.ServerResponse.prototype.end = function (...args) {
  const key = KEY.exec(this.req.headers['idempotency-key'] ?? '')?.[0];
  const [text] = args;
  if (!key?.startsWith('kill.while-sending.') || this.statusCode !== 201 || !Buffer.isBuffer(text)) return end.apply(this, args);
  // The first half is with the system when the process ends.
  this.write(text.subarray(0, text.length >> 1), () => {
    reach('while-sending', key);
    end.call(this, text.subarray(text.length >> 1));
  });
  return this;
};
