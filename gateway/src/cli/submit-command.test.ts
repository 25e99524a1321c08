import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../config';
import { startGateway } from '../main';
import { kesuProgram } from './kesu';
import { EXIT, reportError } from './output';

let directory: string;
const said = { stdout: '', stderr: '' };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kesu-submit-'));
  for (const stream of ['stdout', 'stderr'] as const) {
    said[stream] = '';
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    });
  }
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

/** Founds an empty ledger; the gateway is stopped again. */
async function found(): Promise<void> {
  const places = { port: 0, data: join(directory, 'data'), keep: join(directory, 'keep'), demonstration: false };
  const gateway = await startGateway({ configuration: readConfiguration(directory, places, {}), progress: () => undefined });
  await gateway.stop();
}

/** Submits a command as the node; answers the exit code. */
async function submit(transaction: string, command: string, participant = 'provincial-node'): Promise<number> {
  const file = join(directory, 'command.json');
  writeFileSync(file, command);
  const words = ['identity', 'submit', participant, transaction, file, '--data', join(directory, 'data'), '--keep', join(directory, 'keep'), '--json'];
  return kesuProgram().parseAsync(['node', 'kesu', ...words]).then(
    () => EXIT.DONE,
    (error: unknown) => reportError(error, false),
  );
}

describe('`kesu identity submit`', () => {
  it('brings the first key of a participant to the ledger, which lets it sign in', async () => {
    await found();
    const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
    expect(await submit('participants:register-key', JSON.stringify({ publicKey }))).toBe(EXIT.DONE);
    const told = JSON.parse(said.stdout) as { operation: string; result: unknown };
    expect(told).toMatchObject({ position: { index: 0 } });
    expect(said.stderr).toContain(`operation ${told.operation}`);
    said.stdout = '';
    expect(await submit('participants:register-key', JSON.stringify({ publicKey, operation: told.operation }))).toBe(EXIT.DONE);
    expect(JSON.parse(said.stdout)).toMatchObject({ operation: told.operation, result: told.result });
    await found();
  });

  it('says what the ledger refuses, and what it does not understand itself', async () => {
    await found();
    expect(await submit('participants:register-key', '{"publicKey":"no key"}')).toBe(EXIT.NO);
    expect(said.stderr).toMatch(/^malformed-command: /m);
    expect(await submit('participants:register', '{}')).toBe(EXIT.WRONG_USE);
    expect(await submit('participants:apply', '[]')).toBe(EXIT.WRONG_USE);
    expect(await submit('participants:apply', '{"regions":1.5}')).toBe(EXIT.WRONG_USE);
    expect(await submit('participants:apply', '{}', 'nobody')).toBe(EXIT.NO);
    expect(said.stderr).toContain('`kesu identity enroll`');
  });
});
