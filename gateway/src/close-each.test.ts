import { closeEach } from './close-each';

it('closes what comes after a failure, and then says what failed first', async () => {
  const closed: string[] = [];
  const closing = ['server', 'ledger', 'lock'].map((name) => async () => {
    closed.push(name);
    if (name !== 'lock') throw new Error(`${name} failed`);
  });
  await expect(closeEach(closing)).rejects.toThrow('server failed');
  expect(closed).toEqual(['server', 'ledger', 'lock']);
});
