import { expiryNotice } from './expiry-notice';

const DAY = 86_400_000;
const END = Date.UTC(2027, 0, 1);

test.each([
  [END - 90 * DAY - 1, { kind: 'far', daysLeft: 90 }],
  [END - 90 * DAY, { kind: 'expiring', mark: 90, daysLeft: 90 }],
  [END - 30 * DAY - 1, { kind: 'expiring', mark: 90, daysLeft: 30 }],
  [END - 30 * DAY, { kind: 'expiring', mark: 30, daysLeft: 30 }],
  [END - 7 * DAY - 1, { kind: 'expiring', mark: 30, daysLeft: 7 }],
  [END - 7 * DAY, { kind: 'expiring', mark: 7, daysLeft: 7 }],
  [END - 1, { kind: 'expiring', mark: 7, daysLeft: 0 }],
  [END, { kind: 'expiring', mark: 7, daysLeft: 0 }],
  [END + 1, { kind: 'expired' }],
])('at %i the notice is %j', (at, notice) => {
  expect(expiryNotice(END, at)).toEqual(notice);
});
