import type { ListedIdentity } from '@kesu/certs';
import { lineOf, summaryOf } from './identity-commands';

const DAY = 86_400_000;
const END = Date.UTC(2027, 0, 1);

function anIdentity(parts: Partial<ListedIdentity> = {}): ListedIdentity {
  return {
    id: 'bank',
    mspId: 'PlatformMSP',
    role: 'client',
    attributes: { 'kesu.role': 'recipient' },
    pseudonym: 'k1',
    state: 'enrolled',
    certificates: [{ serial: '01', notBefore: END - 365 * DAY, notAfter: END }],
    ...parts,
  };
}

test.each([
  [91, 'bank  recipient  PlatformMSP  enrolled  91 days left'],
  [90, 'bank  recipient  PlatformMSP  enrolled  90 days left: `kesu identity renew bank` (notice at 90)'],
  [30, 'bank  recipient  PlatformMSP  enrolled  30 days left: `kesu identity renew bank` (notice at 30)'],
  [8, 'bank  recipient  PlatformMSP  enrolled  8 days left: `kesu identity renew bank` (notice at 30)'],
  [7, 'bank  recipient  PlatformMSP  enrolled  7 days left: `kesu identity renew bank` (notice at 7)'],
  [-1, 'bank  recipient  PlatformMSP  enrolled  EXPIRED: `kesu identity enroll bank <role>` makes a new certificate'],
])('%i days before its certificate ends an identity is listed so', (days, line) => {
  expect(lineOf(summaryOf(anIdentity(), END - days * DAY))).toBe(line);
});

test('the certificate that ends last of those not revoked is the one told of', () => {
  const revoked = { serial: '02', notBefore: 0, notAfter: END + 500 * DAY, revoked: { at: 0, reason: 'superseded' } } as const;
  const older = { serial: '03', notBefore: 0, notAfter: END - DAY };
  const { serial, notice } = summaryOf(anIdentity({ certificates: [older, ...anIdentity().certificates, revoked] }), END - 100 * DAY);
  expect([serial, notice]).toEqual(['01', { kind: 'far', daysLeft: 100 }]);
});
