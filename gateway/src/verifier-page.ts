import { readFile } from 'node:fs/promises';

/** The verifier as one HTML page, as `npm run build` made it; undefined when it was not built. */
export async function readVerifierPage(): Promise<string | undefined> {
  try {
    return await readFile(require.resolve('@kesu/verifier/page'), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const POLICY = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/;

/** The page’s own Content-Security-Policy, to be sent as a header too. @throws TypeError when the page has none. */
export function policyOfPage(page: string): string {
  const [, policy] = POLICY.exec(page) ?? [];
  if (policy === undefined) throw new TypeError('the page has no policy');
  return policy;
}
