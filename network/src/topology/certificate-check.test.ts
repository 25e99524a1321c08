import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createDevelopmentAuthority, createKeyPair, createPseudonym, type DevelopmentAuthority } from '@kesu/certs';
import { heldCertificates, requireCertificates } from './certificate-check';
import { ADMIN } from './enrol-organisation';
import { mspFiles, NetworkLayout } from './layout';
import { scratchDirectory } from './testing/scratch-directory';
import { defaultTopology } from './topology';
import { writeWhole } from './write-whole';

const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const topology = defaultTopology(7050);
const [node] = topology.organisations;
if (node === undefined) throw new Error('the default topology has organisations');

function anAuthority(): Promise<DevelopmentAuthority> {
  const records = new Map<string, Uint8Array>();
  const storage = {
    get: (key: string) => Promise.resolve(records.get(key)),
    put: (key: string, value: Uint8Array) => Promise.resolve(void records.set(key, value)),
    delete: (key: string) => Promise.resolve(void records.delete(key)),
    list: (prefix: string) => Promise.resolve([...records.keys()].filter((key) => key.startsWith(prefix)).sort()),
  };
  return createDevelopmentAuthority({ mspId: 'NodeMSP', now: () => START, storage });
}

/** A network whose administrator of the node holds for 30 days from START. */
async function aNetwork(issuer?: DevelopmentAuthority): Promise<{ layout: NetworkLayout; files: ReturnType<typeof mspFiles> }> {
  const authority = await anAuthority();
  const layout = new NetworkLayout(scratchDirectory());
  const keys = createKeyPair();
  const { certificate } = await (issuer ?? authority).issue({ pseudonym: createPseudonym(), role: 'admin', attributes: {}, publicKey: keys.publicKey, validity: { notBefore: START, notAfter: START + 30 * DAY } });
  const files = mspFiles(layout.identity('node', ADMIN));
  const [root = ''] = (await authority.trust()).roots;
  writeWhole(mspFiles(layout.msp('node')).root, root);
  writeWhole(files.privateKey, keys.privateKey);
  writeWhole(files.certificate, certificate);
  return { layout, files };
}

describe('the certificates of an organisation', () => {
  it('pass while they hold', async () => {
    const { layout, files } = await aNetwork();
    expect(() => requireCertificates({ topology, layout }, node, START + DAY)).not.toThrow();
    expect(heldCertificates({ topology, layout })).toEqual([{ organisation: 'node', of: 'admin msp', path: files.certificate, notAfter: START + 30 * DAY }]);
  });

  it('that ended are stale, and it is said how to get new ones', async () => {
    const { layout } = await aNetwork();
    expect(() => requireCertificates({ topology, layout }, node, START + 31 * DAY)).toThrow(expect.objectContaining({ code: 'certificate-stale', nextStep: 'Run `kesu network up --renew`, which renews what has ended or ends soon.' }));
  });

  it('that ended pass when they are about to be renewed, those of others never do', async () => {
    const { layout } = await aNetwork();
    expect(() => requireCertificates({ topology, layout }, node, START + 31 * DAY, { mayHaveEnded: true })).not.toThrow();
    const foreign = await aNetwork(await anAuthority());
    expect(() => requireCertificates({ topology, layout: foreign.layout }, node, START + 31 * DAY, { mayHaveEnded: true })).toThrow(expect.objectContaining({ code: 'certificate-foreign' }));
  });

  it('that have not begun blame the clock', async () => {
    const { layout } = await aNetwork();
    expect(() => requireCertificates({ topology, layout }, node, START - DAY)).toThrow(expect.objectContaining({ code: 'certificate-stale', nextStep: "Set this machine's clock." }));
  });

  it('of another authority are foreign', async () => {
    const { layout, files } = await aNetwork(await anAuthority());
    expect(() => requireCertificates({ topology, layout }, node, START + DAY)).toThrow(expect.objectContaining({ code: 'certificate-foreign', detail: `The certificate ${files.certificate} was not issued by the authority of node.` }));
  });

  it('that name the authority and are not signed by it are foreign', async () => {
    const { layout, files } = await aNetwork();
    const { raw } = new X509Certificate(readFileSync(files.certificate));
    // The end of a certificate is its signature.
    const forged = Buffer.concat([raw.subarray(0, -1), Uint8Array.of((raw.at(-1) ?? 0) ^ 1)]);
    writeFileSync(files.certificate, `-----BEGIN CERTIFICATE-----\n${forged.toString('base64')}\n-----END CERTIFICATE-----\n`);
    expect(() => requireCertificates({ topology, layout }, node, START + DAY)).toThrow(expect.objectContaining({ code: 'certificate-foreign', detail: `The certificate ${files.certificate} was not issued by the authority of node.` }));
  });

  it('with another key are foreign', async () => {
    const { layout, files } = await aNetwork();
    writeFileSync(files.privateKey, createKeyPair().privateKey);
    expect(() => requireCertificates({ topology, layout }, node, START + DAY)).toThrow(expect.objectContaining({ code: 'certificate-foreign', detail: `${files.privateKey} is not the key of ${files.certificate}.` }));
  });

  it('that can not be read are foreign', async () => {
    const { layout, files } = await aNetwork();
    writeFileSync(files.certificate, 'no certificate');
    expect(() => requireCertificates({ topology, layout }, node, START + DAY)).toThrow(expect.objectContaining({ code: 'certificate-foreign', detail: `${files.certificate} is no readable certificate.` }));
  });
});
