import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grantFrom, grantSchema } from './grant';
import { grantIdOf, letterSchema, transitionSchema } from './statement';

const PAGE = readFileSync(join(__dirname, '../../../docs/formats/grant.md'), 'utf8');

function example(name: string): unknown {
  const found = new RegExp(`\`\`\`json ${name}\n([^]*?)\n\`\`\``).exec(PAGE);
  return JSON.parse(found?.[1] ?? 'null');
}

describe('the format page of grants', () => {
  it('shows a letter, the grant that it becomes and a transition of that grant', () => {
    const letter = letterSchema.parse(example('letter'));
    const grant = grantSchema.parse(example('grant'));
    expect(grantFrom(letter, grant.personSigned, grant.givenAt)).toEqual(grant);
    expect(grantIdOf(letter)).toBe(grant.id);
    expect(transitionSchema.parse(example('transition'))).toMatchObject({ grantId: grant.id, grantVersion: 1 });
  });
});
