// Requires TypeScript sources that no build contains: the worlds and networks of the tests. Transpiled as the tests are (jest.config.js).
import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';

const require = createRequire(import.meta.url);

export function requireSource(path) {
  Module._extensions['.ts'] ??= transpiling(require('@swc/core'));
  return require(path);
}

function transpiling({ transformSync }) {
  const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true, decoratorMetadata: true } }, module: { type: 'commonjs' }, sourceMaps: 'inline' };
  return (module, filename) => module._compile(transformSync(readFileSync(filename, 'utf8'), { ...options, filename, swcrc: false }).code, filename);
}
