'use strict';

// The contract library logs when its decorators run: the level must be set before it is first required.
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/*/src/**/*.test.ts', '<rootDir>/scripts/**/*.test.ts'],
  // These need programs of others: jest.fabric.config.js, jest.interop.config.js.
  testPathIgnorePatterns: ['/node_modules/', '\\.(fabric|interop)\\.test\\.ts$'],
  moduleNameMapper: {
    '^@kesu/chaincode$': '<rootDir>/chaincode/src/index.ts',
    '^@kesu/chaincode/domain$': '<rootDir>/chaincode/src/domain/index.ts',
    '^@kesu/chaincode/shim$': '<rootDir>/chaincode/src/server/lean-shim.ts',
    '^@kesu/chaincode/build$': '<rootDir>/chaincode/src/server/build-digest.ts',
    '^@kesu/network/fabric$': '<rootDir>/network/src/fabric/index.ts',
    '^@kesu/(certs|verifier|network|gateway)$': '<rootDir>/$1/src/index.ts',
  },
  transform: {
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(pkijs|asn1js|bytestreamjs|jose|@peculiar|@noble|canonicalize|yaml|@simplewebauthn)/)'],
  modulePathIgnorePatterns: ['/lib/'],
  testTimeout: 120000,
  maxWorkers: 2,
  testSequencer: '<rootDir>/scripts/longest-first.mjs',
};
