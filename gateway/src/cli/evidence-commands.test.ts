import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCheckpoint, decodeNote, verifyUsageReport } from '@kesu/chaincode/domain';
import type { TrustFile } from '@kesu/verifier';
import { trustOfGateway } from '../evidence/trust-of-gateway';
import { openLogParts, type LogParts } from '../evidence-log';
import { HttpWorld } from '../http/testing/http-world';
import { aFile } from '../testing/evidence-bodies';
import { appointJudicial, JUDICIAL } from '../testing/judicial-cast';
import { CAST } from '../testing/test-cast';
import { kesuProgram } from './kesu';

let world: HttpWorld;
let logParts: LogParts;
let directory: string;

beforeAll(async () => {
  const late: { current?: LogParts } = {};
  world = await HttpWorld.open({ evidenceLog: { get log() { return (late.current as LogParts).log; }, get publisher() { return (late.current as LogParts).publisher; }, get cosigner() { return (late.current as LogParts).cosigner; } } });
  await appointJudicial(world.world);
  const { parts } = world.releases;
  logParts = await openLogParts({ directory: join(world.world.root, 'log'), network: world.world.ledger.network, ledger: world.releases.ledger, parts, store: parts.store, publishes: true, alsoCosigns: [], witnesses: [] });
  late.current = logParts;
  directory = await mkdtemp(join(tmpdir(), 'kesu-cli-'));
});
afterAll(async () => {
  await logParts.close();
  await world.dispose();
  await rm(directory, { recursive: true, force: true });
});

/** Runs a command. @returns what it printed. */
async function kesu(token: string, ...words: string[]): Promise<string> {
  const said: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    await kesuProgram().parseAsync(['node', 'kesu', ...words, '--url', world.url, '--token', token]);
  } finally {
    write.mockRestore();
  }
  return said.join('');
}

async function bodyFile(body: object): Promise<string> {
  const path = join(directory, `${Math.floor(process.hrtime()[1])}.json`);
  await writeFile(path, JSON.stringify(body));
  return path;
}

/** What the operator would hand to a notary. */
async function trustFile(changes: Partial<TrustFile> = {}): Promise<string> {
  const { ledger } = world.world;
  const path = join(directory, `trust-${Object.keys(changes).join()}.json`);
  await writeFile(path, JSON.stringify({ ...trustOfGateway({ parts: world.releases.parts, network: ledger.network, organisations: ledger.configuration.organisations, threshold: 1, timestampAuthorities: [] }), ...changes }));
  return path;
}

/** Runs `kesu verify`. */
async function verified(trust: string, ...files: string[]): Promise<{ readonly text: string; readonly exitCode: unknown }> {
  const said: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    await kesuProgram().parseAsync(['node', 'kesu', 'verify', ...files, '--trust', trust]);
    return { text: said.join(''), exitCode: process.exitCode };
  } finally {
    write.mockRestore();
    process.exitCode = undefined;
  }
}

const idsIn = (text: string): string[] => (JSON.parse(text) as { ids: string[] }).ids;

describe('kesu evidence', () => {
  it('opens a case, fills and seals a volume, hands it over, and lists and shows it', async () => {
    const opened = await kesu('demo-bank', 'evidence', 'case', 'open', '--json', '--file', await bodyFile({ kind: 'LITIGATION', party: 'RECIPIENT', enterprise: world.world.enterprise.ref, platform: CAST.platform, recipient: CAST.bank }));
    const [id = ''] = idsIn(opened);
    await kesu('demo-bank', 'evidence', 'case', 'open', '--case', id, '--file', await bodyFile({ subject: 'OTHER' }));
    await kesu('demo-bank', 'evidence', 'case', 'add', id, '1', '--file', await bodyFile({ items: [aFile('CLAIM', world.world.at)] }));
    await expect(kesu('demo-bank', 'evidence', 'case', 'seal', id, '1', '--network', '0'.repeat(32))).rejects.toMatchObject({ exitCode: 1 });
    await kesu('demo-bank', 'evidence', 'case', 'seal', id, '1', '--network', world.world.ledger.network);
    await expect(kesu('demo-bank', 'evidence', 'case', 'submission', id)).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('state-conflict') });
    await kesu('demo-bank', 'evidence', 'case', 'sealing', id);
    await kesu('demo-bank', 'evidence', 'case', 'handover', id, '--to', JUDICIAL.court, '--network', world.world.ledger.network);
    const shown = await kesu('demo-bank', 'evidence', 'case', 'show', id);
    expect(shown).toContain('诉讼 已移交');
    expect(shown).toContain('不是公证');
    expect(await kesu('demo-bank', 'evidence', 'case', 'list', '--state', 'HANDED_OVER')).toContain(id);
  });

  it('writes a report of use that is believed', async () => {
    const out = join(directory, 'report.json');
    expect(await kesu('demo-enterprise', 'evidence', 'usage-report', world.world.enterprise.ref, '--out', out)).toContain('"rows": []');
    const report = JSON.parse(await readFile(out, 'utf8')) as { checkpoint: string };
    const { size, root } = decodeCheckpoint(decodeNote(report.checkpoint).text);
    expect(verifyUsageReport(report, { size, root }).rows).toEqual([]);
  });

  it('re-runs a decision and follows a batch, as files that `kesu verify` proves', async () => {
    await world.giveGrant();
    const { body } = await world.release();
    await logParts.log.caughtUp();
    const [rerun, reach] = [join(directory, 'rerun.json'), join(directory, 'reach.json')];
    expect(await kesu('demo-node', 'evidence', 'rerun', (body as { release: { id: string } }).release.id, '--out', rerun)).toContain('"decision": "PERMIT"');
    expect(await kesu('demo-node', 'evidence', 'reach', world.world.batchId, '--out', reach)).toContain((body as { release: { id: string } }).release.id);
    const files = [join(directory, 'report.json'), rerun, reach];
    const proven = await verified(await trustFile(), ...files);
    expect(proven.exitCode).toBe(0);
    for (const words of ['nobody received non-public data', 'decision: PERMIT, as the ledger recorded', `reach: batch ${world.world.batchId}`, '证明成立 proven']) expect(proven.text).toContain(words);
    expect(proven.text).not.toContain('✖');
  });

  it('refuses a statement that was changed, or that the trust file is not for', async () => {
    const report = JSON.parse(await readFile(join(directory, 'reach.json'), 'utf8')) as { reach: { recipients: string[] } };
    report.reach.recipients = [];
    const changed = join(directory, 'changed.json');
    await writeFile(changed, JSON.stringify(report));
    expect(await verified(await trustFile(), changed)).toMatchObject({ exitCode: 1, text: expect.stringContaining('✖ reach [summary-differs]') });
    expect(await verified(await trustFile({ network: '0'.repeat(32) }), join(directory, 'reach.json'))).toMatchObject({ exitCode: 1, text: expect.stringContaining('leaf-network-foreign') });
  });
});
