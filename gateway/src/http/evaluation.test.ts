import { GRANULARITIES, PURPOSES } from '@kesu/chaincode/domain';
import fc from 'fast-check';
import { evaluationSchema, plainQuestion, questionOf } from './evaluation';

const ID = 'ab'.repeat(16);
const absent = fc.constant(undefined);
const wrong = fc.oneof(fc.constantFrom<unknown>(null, 0, true, '', 'x', 'constructor', [], {}, ID.toUpperCase(), `${ID}0`, ' read', 'TAX-2', 'ANY'), fc.string());

/** Mostly a right value, sometimes a wrong or no one; other members come in now and then. */
const mostly = <T>(...right: T[]) => fc.oneof({ weight: 12, arbitrary: fc.constantFrom<unknown>(...right) }, { weight: 1, arbitrary: wrong }, { weight: 1, arbitrary: absent });
const optional = <T>(...right: T[]) => fc.oneof({ weight: 4, arbitrary: absent }, { weight: 4, arbitrary: fc.constantFrom<unknown>(...right) }, { weight: 1, arbitrary: wrong });
const object = (members: Record<string, fc.Arbitrary<unknown>>) => {
  const more = fc.dictionary(fc.constantFrom('more', '__proto__', 'constructor', 'toString', 'typ'), wrong, { maxKeys: 1 });
  return fc.oneof({ weight: 20, arbitrary: fc.tuple(fc.record(members), more).map(([known, unknown]) => ({ ...known, ...unknown })) }, { weight: 1, arbitrary: wrong });
};

const evaluations = object({
  subject: object({ type: mostly('recipient', 'platform'), id: mostly('bank-one', 'a1', 'z'.repeat(63)) }),
  action: object({ name: mostly('read') }),
  resource: object({ type: mostly('catalogue-item'), id: mostly('TAX-01', 'ELECT-12A'), properties: object({ enterprise: mostly(ID), granularity: optional(...GRANULARITIES) }) }),
  context: object({ purpose: mostly(...PURPOSES), loanRef: optional(ID), platform: optional('platform-two') }),
  // As a body brings it: what is undefined is absent.
}).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('the plain reader of a question', () => {
  it('reads what the schema reads, and refuses what it refuses', () => {
    let read = 0;
    fc.assert(
      fc.property(evaluations, (body) => {
        const parsed = evaluationSchema.safeParse(body);
        const question = plainQuestion(body);
        expect([body, question !== undefined]).toEqual([body, parsed.success]);
        if (!parsed.success) return;
        read++;
        const { subject, resource, context } = parsed.data;
        expect(question).toStrictEqual({ subject, item: resource.id, ...resource.properties, ...context });
      }),
      { numRuns: 5_000 },
    );
    // Both answers were met often enough for the equality to say something.
    expect(read).toBeGreaterThan(500);
    expect(read).toBeLessThan(4_500);
  });

  it('leaves the faults of a refused body to the schema', () => {
    const body = { subject: { type: 'recipient', id: 'Bank' }, action: { name: 'read' }, resource: { type: 'catalogue-item', id: 'TAX-01', properties: { enterprise: ID } }, context: { purpose: 'EVALUATION' } };
    expect(() => questionOf(body)).toThrow(expect.objectContaining({ code: 'malformed-body', faults: [{ pointer: '/subject/id', detail: expect.stringMatching(/participant id/) as string }] }));
  });
});
