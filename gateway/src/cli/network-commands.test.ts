import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kesuProgram } from './kesu';
import { EXIT, reportError } from './output';

let directory: string;
let said: string;
const environment = { ...process.env };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kesu-network-'));
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...environment };
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a command that fails; answers its exit code. */
async function failing(...words: readonly string[]): Promise<number> {
  try {
    await kesuProgram().parseAsync(['node', 'kesu', 'network', ...words, '--dir', directory]);
  } catch (error) {
    return reportError(error, false);
  }
  throw new Error('the command did not fail');
}

describe('`kesu network`', () => {
  it.each(['status', 'doctor', 'upgrade', 'down'])('%s without a network says so in one sentence and ends with 3', async (command) => {
    expect(await failing(command)).toBe(EXIT.UNAVAILABLE);
    expect(said).toMatch(/^There is no network in \S+\. \S.*\.\n$/);
  });

  it.each(['up', 'status', 'doctor', 'upgrade'])('%s does not touch a network of several machines', async (command) => {
    writeFileSync(join(directory, 'profile.json'), '{}');
    expect(await failing(command)).toBe(EXIT.UNAVAILABLE);
    expect(said).toMatch(/was not made by `kesu network up`.*several-machines/);
    expect(existsSync(join(directory, 'topology.yaml'))).toBe(false);
  });

  it('up without the programs says where to get them, and leaves nothing behind', async () => {
    process.env.FABRIC_BIN = '/nowhere';
    expect(await failing('up')).toBe(EXIT.UNAVAILABLE);
    expect(said).toContain("are not in FABRIC_BIN (/nowhere). Get them from Hyperledger Fabric's releases");
    expect(existsSync(join(directory, 'topology.yaml'))).toBe(false);
  });

  it('down --purge removes no directory that holds no network', async () => {
    writeFileSync(join(directory, 'precious.txt'), 'keep me');
    expect(await failing('down', '--purge')).toBe(EXIT.UNAVAILABLE);
    expect(existsSync(join(directory, 'precious.txt'))).toBe(true);
  });

  it('names the code of the error with --json', async () => {
    const error: unknown = await kesuProgram().parseAsync(['node', 'kesu', 'network', 'status', '--dir', directory]).catch((refused: unknown) => refused);
    expect(reportError(error, true)).toBe(EXIT.UNAVAILABLE);
    expect(JSON.parse(said)).toMatchObject({ code: 'network-missing' });
  });
});
