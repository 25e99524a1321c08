#!/usr/bin/env node
// Makes the verifier's page: one HTML file with its script and style inside and a policy that names both by their digest and lets
// nothing else run or load. From the sources of verifier/ and chaincode/domain, the same that `kesu verify` runs.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = join(ROOT, 'verifier', 'page');
const out = process.argv[2] ?? join(ROOT, 'verifier', 'lib', 'page', 'verify.html');

function bundled(entry, options) {
  const { outputFiles } = buildSync({ entryPoints: [entry], bundle: true, write: false, legalComments: 'none', charset: 'utf8', tsconfig: join(SOURCES, 'tsconfig.json'), absWorkingDir: ROOT, ...options });
  return outputFiles[0].text;
}

const digest = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// In the text of a script element `</script` would end it.
const script = bundled(join(SOURCES, 'main.ts'), { format: 'iife', globalName: 'kesuVerifier', platform: 'browser', target: 'es2022', minify: true }).replaceAll('</script', '<\\/script');
const { REPORT_STYLE } = await import(`data:text/javascript,${encodeURIComponent(bundled(join(ROOT, 'verifier', 'src', 'report', 'report-style.ts'), { format: 'esm' }))}`);
const style = `${REPORT_STYLE}${readFileSync(join(SOURCES, 'page.css'), 'utf8')}`;
const policy = ["default-src 'none'", `script-src ${digest(script)}`, `style-src ${digest(style)}`, "connect-src 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"].join('; ');
const filled = { policy, style, script };
const page = readFileSync(join(SOURCES, 'page.html'), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_whole, name) => filled[name]);

mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
