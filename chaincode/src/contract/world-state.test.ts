import { aParticipant, aRuleBook } from '../domain/testing/builders';
import { WorldState, type StateStub } from './world-state';

/** A ledger's stub that answers when it is told to, and keeps what goes through it. */
class Stub implements StateStub {
  readonly lines: string[] = [];
  readonly waiting: (() => void)[] = [];

  constructor(private readonly state: Readonly<Record<string, unknown>>) {}

  getState(key: string): Promise<Uint8Array> {
    this.lines.push(`get ${key}`);
    return new Promise((resolve) => this.waiting.push(() => resolve(Buffer.from(this.state[key] === undefined ? '' : JSON.stringify(this.state[key])))));
  }

  async putState(key: string): Promise<void> {
    this.lines.push(`put ${key}`);
  }

  async setStateValidationParameter(key: string): Promise<void> {
    this.lines.push(`policy ${key}`);
  }

  answerAll(): void {
    for (const answer of this.waiting.splice(0)) answer();
  }
}

const GRANT = 'grant/one';
const READ = { at: 'read' } as never;
const SET = { at: 'set' } as never;

describe('the state of a transaction', () => {
  it('is asked for together and each key once, also while its answer is awaited', async () => {
    const stub = new Stub({ [GRANT]: READ });
    const world = new WorldState(stub);
    const asked = Promise.all([world.get('grant', 'one'), world.get('grant', 'two'), world.get('grant', 'one')]);
    expect(stub.lines).toEqual(['get grant/one', 'get grant/two']);
    stub.answerAll();
    expect(await asked).toEqual([READ, undefined, READ]);
    expect(await world.get('grant', 'two')).toBeUndefined();
    expect(stub.lines).toHaveLength(2);
  });

  it('shows what was set, even when the ledger answers later', async () => {
    const stub = new Stub({ [GRANT]: READ });
    const world = new WorldState(stub);
    const asked = world.get('grant', 'one');
    world.put('grant', 'one', SET);
    stub.answerAll();
    expect(await asked).toBe(SET);
    expect(await world.get('grant', 'one')).toBe(SET);
  });

  it('is written without waiting in between, each key once, and the policy of a new key that needs the node behind its value', async () => {
    const stub = new Stub({ 'participant/old': aParticipant('bank', 'recipient') });
    const world = new WorldState(stub);
    const old = world.get('participant', 'old');
    stub.answerAll();
    await old;
    world.put('rule-book', 'current', aRuleBook());
    world.put('participant', 'new', aParticipant('bank', 'recipient'));
    world.put('grant', 'one', SET);
    world.put('participant', 'old', aParticipant('bank', 'recipient'));
    world.put('participant', 'new', aParticipant('bank', 'recipient'));
    const before = stub.lines.length;
    await world.flush();
    expect(stub.lines.slice(before)).toEqual(['put rule-book/current', 'policy rule-book/current', 'put participant/new', 'policy participant/new', 'put grant/one', 'put participant/old']);
  });
});
