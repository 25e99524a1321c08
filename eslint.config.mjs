import tseslint from 'typescript-eslint';

/** What would make two endorsers, or a decision and its re-run, differ. */
const NOT_DETERMINISTIC = ['Date', 'process', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'performance', 'crypto', 'Intl'].map((name) => ({
  name,
  message: 'Rules and contracts are deterministic: time and ids are arguments.',
}));

const LOCALE_METHODS = [
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Rules and contracts are deterministic.' },
  { selector: "CallExpression[callee.property.name=/^toLocale|^localeCompare$/]", message: 'No locale in rules and contracts.' },
  { selector: 'Program > VariableDeclaration[kind="let"]', message: 'No module-level mutable state.' },
];

const NO_ENUM = { selector: 'TSEnumDeclaration', message: 'Use an `as const` array and a derived union.' };
const NO_DEFAULT = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' };

function onlyFrom(...patterns) {
  return { 'no-restricted-imports': ['error', { patterns }] };
}

export default tseslint.config(
  { ignores: ['**/lib/**', '**/node_modules/**', 'var/**', 'coverage/**', 'jest*.config.js', '**/*.mjs', 'gateway/bin/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', NO_ENUM, NO_DEFAULT],
      complexity: ['error', 10],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts', '**/conformance*.ts', 'scripts/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', complexity: 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['chaincode/src/domain/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-globals': ['error', ...NOT_DETERMINISTIC, { name: 'Buffer', message: 'Domain code also runs in a browser.' }],
      'no-restricted-syntax': ['error', NO_ENUM, NO_DEFAULT, ...LOCALE_METHODS],
      ...onlyFrom({ group: ['node:*', '@kesu/*', 'fabric-*', '../contract*', '../../contract*', '../commands*', '../transactions*'], message: 'domain/ imports nothing but small pure libraries.' }),
    },
  },
  {
    files: ['chaincode/src/contract/**/*.ts', 'chaincode/src/commands/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**', 'chaincode/src/contract/clock-guard.ts'],
    rules: {
      'no-restricted-globals': ['error', ...NOT_DETERMINISTIC],
      'no-restricted-syntax': ['error', NO_ENUM, NO_DEFAULT, ...LOCALE_METHODS],
      ...onlyFrom({ group: ['@kesu/certs', '@kesu/network', '@kesu/gateway'], message: 'chaincode/ imports no other room.' }),
    },
  },
  { files: ['certs/src/**/*.ts'], ignores: ['**/*.test.ts'], rules: onlyFrom({ group: ['@kesu/*'], message: 'certs/ imports no other room.' }) },
  {
    files: ['verifier/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**', 'verifier/src/node/**'],
    rules: {
      'no-restricted-globals': ['error', ...NOT_DETERMINISTIC, { name: 'Buffer', message: 'The verifier also runs in a browser.' }],
      ...onlyFrom({ regex: '^(node:|@kesu/(certs|network|gateway|chaincode)$)', message: 'verifier/ shares the law with the ledger and code with nobody; only its command line touches Node.' }),
    },
  },
  {
    files: ['verifier/page/**/*.ts'],
    languageOptions: { parserOptions: { project: './verifier/page/tsconfig.json' } },
    rules: onlyFrom({ regex: '^(node:|@kesu/(certs|verifier|network|gateway|chaincode)$)', message: 'The page is the verifier and nothing else.' }),
  },
  { files: ['network/src/**/*.ts'], rules: onlyFrom({ group: ['@kesu/gateway', '@kesu/verifier'], message: 'network/ imports chaincode/ and certs/ only.' }) },
);
