import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createDevelopmentAuthority, createKeyPair, createPseudonym, MemoryStorage } from '@kesu/certs';
import { whatAils } from './health';
import { scratchDirectory } from './testing/scratch-directory';

const DAY = 86_400_000;

/** A server on loopback whose certificate a root vouches for, but not for its address. */
async function aServer(status: number): Promise<{ server: Server; port: number; roots: string }> {
  const now = Date.now();
  const authority = await createDevelopmentAuthority({ mspId: 'NodeMSP', now: () => now - DAY, storage: new MemoryStorage() });
  const keys = createKeyPair();
  const { certificate } = await authority.issue({ pseudonym: createPseudonym(), role: 'peer', attributes: {}, publicKey: keys.publicKey, validity: { notBefore: now - DAY, notAfter: now + DAY } });
  const server = createServer({ cert: certificate, key: keys.privateKey }, (_request, response) => response.writeHead(status).end('busy'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const roots = join(scratchDirectory(), 'roots.pem');
  writeFileSync(roots, (await authority.trust()).roots.join(''));
  return { server, port: (server.address() as AddressInfo).port, roots };
}

describe('a look at a process', () => {
  it('says what is wrong when nothing listens', async () => {
    const { server, port, roots } = await aServer(200);
    server.close();
    await once(server, 'close');
    expect(await whatAils({ kind: 'https', port, path: '/healthz', roots })).toContain('ECONNREFUSED');
  });

  it('does not trust a server whose certificate is not for this address', async () => {
    const { server, port, roots } = await aServer(200);
    expect(await whatAils({ kind: 'https', port, path: '/healthz', roots })).toMatch(/altnames|not in the cert|self-signed|unable to/i);
    server.close();
  });
});
