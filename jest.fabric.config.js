'use strict';

const base = require('./jest.config.js');

/** What runs on Fabric's own programs, one suite at a time: each starts servers of its own. @type {import('jest').Config} */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/*/src/**/*.fabric.test.ts', '<rootDir>/scripts/**/*.fabric.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300000,
  maxWorkers: 1,
};
