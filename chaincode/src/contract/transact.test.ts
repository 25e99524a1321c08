import { canonicalJson, type Participant, type RuleBook } from '../domain';
import { aParticipant, aRuleBook, AT } from '../domain/testing/builders';
import { decodeCommand, MAX_COMMAND_BYTES, RunningTransaction } from './transact';
import { WorldState } from './world-state';

function codeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('a running transaction', () => {
  it('keeps both of two changes to the rule book', async () => {
    const stored = new Map<string, Uint8Array>();
    const world = new WorldState({ getState: (key) => Promise.resolve(stored.get(key) ?? new Uint8Array()), putState: (key, value) => Promise.resolve(void stored.set(key, value)), setStateValidationParameter: () => Promise.resolve() });
    const node: Participant = aParticipant('provincial-node', 'provincialNode');
    const running = new RunningTransaction(world, aRuleBook(), node, AT);
    running.saveRuleBook({ templates: {} }, 'one');
    running.saveRuleBook({ participants: { 'provincial-node': { role: 'provincialNode', mspId: 'NodeMSP' } } }, 'two');
    await world.flush();
    const saved = JSON.parse(Buffer.from(stored.get('rule-book/current') ?? []).toString('utf8')) as RuleBook;
    expect([saved.templates, Object.keys(saved.participants), saved.version]).toEqual([{}, ['provincial-node'], 3]);
    expect(running.ruleBook).toEqual(saved);
  });
});

describe('a command', () => {
  const command = { operation: 'ab'.repeat(16) };
  it.each([
    ['its members in another order', `{"z":1,"operation":"${command.operation}"}`],
    ['a member twice', `{"operation":"${command.operation}","operation":"${command.operation}"}`],
    ['a space', `{"operation": "${command.operation}"}`],
    ['a byte order mark', `\ufeff${canonicalJson(command)}`],
    ['a member too many', canonicalJson({ ...command, more: 1 })],
    ['a list in its place', '[]'],
    ['nothing', ''],
    ['a million brackets', '['.repeat(1_000_000)],
    ['more than the longest command', canonicalJson({ operation: 'a'.repeat(MAX_COMMAND_BYTES) })],
  ])('with %s is malformed', (_name, text) => {
    expect(codeOf(() => decodeCommand('operations:close', text))).toBe('malformed-command');
  });

  it('in its one form is read', () => {
    expect(decodeCommand('operations:close', canonicalJson(command))).toEqual(command);
  });
});
