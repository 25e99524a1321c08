#!/usr/bin/env node
'use strict';

// The contract library reads its log level when it is first loaded.
process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'ERROR';

require('../lib/service/main.js');
