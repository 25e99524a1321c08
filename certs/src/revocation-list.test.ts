import { TrustError } from './certificate-error';
import { revokedSerials, withRevocationList } from './revocation-list';
import { aCaller, anAuthority, START } from './testing/builders';

test('names what an authority has revoked, and since when', async () => {
  const { authority } = await anAuthority();
  const { serial } = await aCaller(authority);
  expect(revokedSerials(await authority.revocationList())).toEqual([]);
  expect(revokedSerials(await authority.revoke([serial], 'superseded'))).toEqual([{ serial, at: START }]);
});

test('a newer list takes the place of its authority’s former and of no other', async () => {
  const [{ authority }, other] = [await anAuthority(), await anAuthority('BankMSP')];
  const [former, foreign] = [await authority.revocationList(), await other.authority.revocationList()];
  const newer = await authority.revoke([(await aCaller(authority)).serial], 'superseded');
  expect(withRevocationList([former, foreign], newer)).toEqual([foreign, newer]);
  expect(withRevocationList([], newer)).toEqual([newer]);
});

test('what is no list is refused', () => {
  expect(() => revokedSerials('x')).toThrow(TrustError);
});
