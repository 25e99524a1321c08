#!/usr/bin/env node
'use strict';

// The contract library reads its log level when it is first loaded.
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';

let command;
try {
  command = require('../lib/cli/kesu.js');
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  process.stderr.write('Kesu is not built yet: run `npm start` (or `npm run kesu -- …`), which builds it.\n');
  process.exit(3);
}
command.runKesu(process.argv);
