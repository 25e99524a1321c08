import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownLabel } from './chaincode-build';
import { requireInstalled, requireOneLabel } from './chaincode-lifecycle';
import { chaincodePackage } from './chaincode-package';
import { chaincodePort, packageOf, readDeployment } from './deployment';
import { NetworkLayout } from './layout';
import { packageBuild } from './package-build';
import { scratchDirectory } from './testing/scratch-directory';
import { defaultTopology } from './topology';

const CONNECTION = { address: '127.0.0.1:7064', rootCertificate: 'the root', clientCertificate: 'the certificate', clientKey: 'the key' };
const [node] = defaultTopology(7050).organisations;
if (node === undefined) throw new Error('the default topology has organisations');

describe('a chaincode package', () => {
  it('is what tar and the builder read: a connection with TLS for both sides', () => {
    const directory = scratchDirectory();
    const { bytes } = chaincodePackage('kesu_0123', CONNECTION);
    writeFileSync(join(directory, 'package.tgz'), bytes);
    mkdirSync(join(directory, 'code'));
    execFileSync('tar', ['-xzf', 'package.tgz'], { cwd: directory });
    execFileSync('tar', ['-xzf', '../code.tar.gz'], { cwd: join(directory, 'code') });
    expect(JSON.parse(readFileSync(join(directory, 'metadata.json'), 'utf8'))).toEqual({ path: '', type: 'ccaas', label: 'kesu_0123' });
    expect(JSON.parse(readFileSync(join(directory, 'code', 'connection.json'), 'utf8'))).toEqual({
      address: '127.0.0.1:7064',
      dial_timeout: '10s',
      tls_required: true,
      client_auth_required: true,
      client_key: 'the key',
      client_cert: 'the certificate',
      root_cert: 'the root',
    });
  });

  it('is made of the present build by who runs a peer alone, and is secret', () => {
    const directory = scratchDirectory();
    const made = { chaincode: 'kesu', address: CONNECTION.address, tls: directory, out: join(directory, 'kesu.tgz') };
    expect(() => packageBuild(made)).toThrow(/caller\/server\.key can't be read/);
    for (const side of ['server', 'caller']) {
      mkdirSync(join(directory, side));
      for (const file of ['ca.crt', 'server.crt', 'server.key']) writeFileSync(join(directory, side, file), `${side} ${file}`);
    }
    const { id, file } = packageBuild(made);
    const label = ownLabel(defaultTopology(7050), node);
    const { bytes } = chaincodePackage(label, { address: CONNECTION.address, rootCertificate: 'server ca.crt', clientCertificate: 'caller server.crt', clientKey: 'caller server.key' });
    expect([id, readFileSync(file)]).toEqual([`${label}:${createHash('sha256').update(bytes).digest('hex')}`, Buffer.from(bytes)]);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('has the id that a peer gives it, and the same one when it is made again', () => {
    const { id, bytes } = chaincodePackage('kesu_0123', CONNECTION);
    expect(id).toBe(`kesu_0123:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(chaincodePackage('kesu_0123', CONNECTION).id).toBe(id);
    expect(chaincodePackage('kesu_0123', { ...CONNECTION, address: '127.0.0.1:7065' }).id).not.toBe(id);
  });
});

describe('before approval', () => {
  it('equal builds pass', () => {
    expect(() => requireOneLabel([{ name: 'node', label: 'kesu_a' }, { name: 'notary', label: 'kesu_a' }])).not.toThrow();
  });

  it('different builds are refused, and it is said who has which', () => {
    const labels = [{ name: 'node', label: 'kesu_a' }, { name: 'platform', label: 'kesu_b' }, { name: 'notary', label: 'kesu_a' }];
    expect(() => requireOneLabel(labels)).toThrow(
      "The organisations' chaincode builds differ, so nobody approves: node has kesu_a, platform has kesu_b, notary has kesu_a. Install the same release of Kesu everywhere, then run `kesu network upgrade`.",
    );
  });

  it('a package that is not installed is refused by its id', () => {
    expect(() => requireInstalled('node', 'kesu_a:1', ['kesu_b:2'])).toThrow('The peer of node has not installed kesu_a:1 but kesu_b:2.');
    expect(() => requireInstalled('node', 'kesu_a:1', [])).toThrow('but nothing.');
    expect(() => requireInstalled('node', 'kesu_a:1', ['kesu_b:2', 'kesu_a:1'])).not.toThrow();
  });
});

describe('a deployment', () => {
  it('alternates between two ports, so that old and new run side by side', () => {
    expect([1, 2, 3].map((sequence) => chaincodePort(node, sequence))).toEqual([7_064, 7_065, 7_064]);
  });

  it('without a package for an organisation says so', () => {
    expect(() => packageOf({ sequence: 1, policy: '', packages: {} }, node)).toThrow('No chaincode package is on record for node.');
  });

  it('whose record is damaged sends to the backup', () => {
    const layout = new NetworkLayout(scratchDirectory());
    expect(readDeployment(layout)).toBeUndefined();
    writeFileSync(layout.deployment, '{"sequence":0}');
    expect(() => readDeployment(layout)).toThrow(`${layout.deployment} is not what \`kesu network\` wrote. Restore it from a backup of the network.`);
  });
});
