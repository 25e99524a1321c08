'use strict';

const base = require('./jest.config.js');

/** What other people's tools make of our files: they are fetched from the registries of their languages. @type {import('jest').Config} */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/scripts/interop/*.interop.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300000,
  maxWorkers: 1,
};
