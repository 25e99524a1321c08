import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..');

/** What each room may import, as docs/architecture.md draws it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'chaincode/src/domain': [],
  'chaincode/src': ['@kesu/chaincode'],
  'certs/src': [],
  'network/src': ['@kesu/chaincode', '@kesu/chaincode/build', '@kesu/chaincode/domain', '@kesu/chaincode/shim', '@kesu/certs'],
  'verifier/src': ['@kesu/chaincode/domain'],
  'verifier/page': ['@kesu/chaincode/domain'],
  'gateway/src': ['@kesu/chaincode', '@kesu/chaincode/domain', '@kesu/certs', '@kesu/network', '@kesu/network/fabric', '@kesu/verifier'],
};

/** Libraries that only one room may touch. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'fabric-common': ['network/src/fabric'],
  'fabric-protos': ['network/src/fabric'],
  'fabric-ca-client': ['certs/src/fabric-ca'],
  'fabric-contract-api': ['chaincode/src/contract', 'chaincode/src/server/lean-shim.ts', 'network/src/embedded/contract-dispatcher.ts'],
  express: ['gateway/src/http'],
};

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : sources(path);
    return /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name) ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

/** The verifier also runs in a browser: only its command line touches Node. */
function isNodeInVerifier(path: string, name: string): boolean {
  return name.startsWith('node:') && relative(ROOT, path).startsWith('verifier/') && !relative(ROOT, path).startsWith('verifier/src/node/');
}

function breaches(): string[] {
  const found: string[] = [];
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    for (const path of sources(join(ROOT, room))) {
      for (const name of importsOf(path)) {
        if (name.startsWith('@kesu/') && !allowed.includes(name)) found.push(`${relative(ROOT, path)} imports ${name}`);
        const intoContract = room === 'chaincode/src/domain' && /^(\.\.\/)+(contract|commands|transactions|index)/.test(name);
        if (intoContract || (room === 'chaincode/src/domain' && name.startsWith('node:')) || isNodeInVerifier(path, name)) found.push(`${relative(ROOT, path)} imports ${name}`);
        const homes = Object.entries(ONLY_IN).find(([library]) => name === library || name.startsWith(`${library}/`))?.[1];
        if (homes !== undefined && !homes.some((home) => relative(ROOT, path).startsWith(home))) found.push(`${relative(ROOT, path)} imports ${name}`);
      }
    }
  }
  return found;
}

describe('the rooms', () => {
  it('import in one direction only', () => {
    expect(breaches()).toEqual([]);
  });

  it('are all walked', () => {
    for (const room of Object.keys(MAY_IMPORT)) expect(sources(join(ROOT, room)).length).toBeGreaterThan(1);
  });
});
