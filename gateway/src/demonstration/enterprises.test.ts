import { isCreditCode, hasCreditCodeForm } from '../credit-code-check';
import { creditCodePrefixOf, ENTERPRISE_COUNT, KIND_QUOTAS, makeEnterprises } from './enterprises';
import { FICTIONAL_MIDDLE } from './fictional-name';
import { organisationOf } from './organisations';
import { REGIONS } from './regions';
import { sizeClassOf, TRADE_PROFILES } from './trade-profile';

const ENTERPRISES = makeEnterprises(1);
const PROFILES = ENTERPRISES.map((enterprise) => enterprise.profile);

const identityCheck = (number: string): string => {
  const sum = [...number.slice(0, 17)].reduce((total, digit, at) => total + Number(digit) * (2 ** (17 - at) % 11), 0);
  return '10X98765432'.charAt(sum % 11);
};

describe('the demonstration enterprises', () => {
  test('are the same for the same seed and others for another', () => {
    expect(makeEnterprises(1)).toEqual(ENTERPRISES);
    expect(makeEnterprises(2)).not.toEqual(ENTERPRISES);
  });

  test('are 1,000: 550 individual businesses, 400 companies, 50 cooperatives and farms, in the shares of the regions', () => {
    expect(ENTERPRISES).toHaveLength(ENTERPRISE_COUNT);
    for (const [kind, count] of Object.entries(KIND_QUOTAS)) expect(PROFILES.filter((profile) => profile.kind === kind)).toHaveLength(count);
    for (const region of REGIONS) expect(PROFILES.filter((profile) => profile.regionCode === region.code)).toHaveLength(region.share);
  });

  test('have unique slugs, references, codes and names', () => {
    for (const values of [ENTERPRISES.map((one) => one.slug), ENTERPRISES.map((one) => one.subjectRef), PROFILES.map((one) => one.subject), PROFILES.map((one) => one.name)]) {
      expect(new Set(values).size).toBe(ENTERPRISE_COUNT);
    }
  });

  test('have valid codes with the prefix of their kind in region 6199xx, save one that needs an override', () => {
    const failing = ENTERPRISES.filter(({ profile }) => !isCreditCode(profile.subject));
    expect(failing.map((one) => one.slug)).toEqual(['enterprise-0009']);
    expect(failing.map((one) => [hasCreditCodeForm(one.profile.subject), one.codeNeedsOverride])).toEqual([[true, true]]);
    expect(ENTERPRISES.filter((one) => one.codeNeedsOverride)).toHaveLength(1);
    for (const profile of PROFILES) expect(profile.subject.startsWith(`${creditCodePrefixOf(profile.kind)}6199`)).toBe(true);
  });

  test('one code ends in the check character 0 for certain', () => {
    expect(PROFILES[7]?.subject.endsWith('0')).toBe(true);
  });

  test('no person is real: each name holds 示 or 范 in the middle, each identity number is valid and lies in region 6199xx', () => {
    const persons = ENTERPRISES.flatMap((one) => [one.profile.legalRepresentative, one.handler, one.nextRepresentative]).filter((person) => person !== undefined);
    const names = [...persons.map((person) => person.name), ...PROFILES.flatMap((profile) => profile.shareholders.map((share) => share.holder))];
    expect(names.filter((name) => !FICTIONAL_MIDDLE.some((middle) => name.charAt(1) === middle))).toEqual([]);
    expect(persons.filter((person) => !/^6199\d{13}[\dX]$/.test(person.identityNumber) || person.identityNumber.charAt(17) !== identityCheck(person.identityNumber))).toEqual([]);
    expect(new Set(persons.map((person) => person.name)).size).toBe(persons.length);
  });

  test('have figures that agree: size follows staff and revenue, revenue follows staff and trade', () => {
    for (const profile of PROFILES) {
      const perHead = profile.annualRevenueFen / 100 / profile.staff / TRADE_PROFILES[profile.trade].revenuePerHeadYuan;
      expect(perHead).toBeGreaterThan(0.59);
      expect(perHead).toBeLessThan(1.51);
      expect(profile.size).toBe(sizeClassOf(profile.industry, profile.staff, profile.annualRevenueFen));
      expect([profile.annualRevenueFen, profile.registeredCapitalFen, profile.staff].every((value) => Number.isSafeInteger(value) && value > 0)).toBe(true);
    }
    for (const size of ['MICRO', 'SMALL', 'MEDIUM']) expect(PROFILES.some((profile) => profile.size === size)).toBe(true);
  });

  test('have shareholdings that add up to the whole, or none', () => {
    for (const { kind, shareholders } of PROFILES) {
      const sum = shareholders.reduce((total, share) => total + share.shareBasisPoints, 0);
      expect(sum).toBe(kind === 'COMPANY' || kind === 'COOPERATIVE' ? 10_000 : 0);
      expect(shareholders.every((share) => share.shareBasisPoints > 0)).toBe(true);
    }
  });

  test('follow the trades of the province: no individual business makes software, farms farm', () => {
    expect(new Set(PROFILES.map((profile) => profile.trade)).size).toBe(Object.keys(TRADE_PROFILES).length);
    expect(PROFILES.filter((profile) => profile.kind === 'INDIVIDUAL_BUSINESS' && profile.trade === 'SOFTWARE')).toEqual([]);
    expect(PROFILES.filter((profile) => !/^[A-T]\d{4}$/.test(profile.industry))).toEqual([]);
    const apples = PROFILES.filter((profile) => profile.trade === 'FRUIT_FARMING');
    expect(apples.filter((profile) => ['610600', '610500', '610300'].includes(profile.regionCode)).length / apples.length).toBeGreaterThan(0.4);
  });

  test('are registered by the platform of their region', () => {
    for (const { platforms, profile } of ENTERPRISES) expect(organisationOf(platforms[0] ?? '').regions).toContain(profile.regionCode);
    expect(ENTERPRISES[6]?.platforms).toEqual(['weichuan-platform', 'qinxinrong']);
  });

  test('name a predecessor that is no more', () => {
    const successors = ENTERPRISES.filter((one) => one.predecessor !== undefined);
    expect(successors.map((one) => one.slug)).toEqual(['enterprise-0011']);
    expect(ENTERPRISES.find((one) => one.slug === successors[0]?.predecessor)?.profile.state).toBe('DEREGISTERED');
  });
});

describe('their signing keys', () => {
  const keys = ENTERPRISES.flatMap((one) => one.keyPlan);

  test('are of every kind, each held by at least 50 enterprises', () => {
    const kinds = new Map<string, number>();
    for (const key of keys) kinds.set(`${key.algorithm} ${key.means}`, (kinds.get(`${key.algorithm} ${key.means}`) ?? 0) + 1);
    expect([...kinds.keys()].sort()).toEqual(['P256 BROWSER_KEY', 'P256 CERTIFICATE', 'P256 DEVICE_PASSKEY', 'P256 SYNCED_PASSKEY', 'SM2 CERTIFICATE']);
    for (const count of kinds.values()) expect(count).toBeGreaterThanOrEqual(50);
  });

  test('are held in every capacity, and the registry-named person has the first', () => {
    expect([...new Set(keys.map((key) => key.capacity))].sort()).toEqual(['ADMINISTRATOR', 'HANDLER', 'LEGAL_REPRESENTATIVE', 'LIQUIDATOR', 'MANAGING_PARTNER', 'OPERATOR', 'PERSON']);
    for (const { keyPlan, profile, isPartnership } of ENTERPRISES) {
      const expected = ['INDIVIDUAL_BUSINESS', 'FAMILY_FARM'].includes(profile.kind) ? 'OPERATOR' : isPartnership ? 'MANAGING_PARTNER' : 'LEGAL_REPRESENTATIVE';
      expect(keyPlan[0]).toMatchObject({ slot: 'k1', holder: 'REPRESENTATIVE', capacity: expected });
    }
  });

  test('of holders whom the enterprise has, certificates bound by a CA', () => {
    for (const { keyPlan, handler, nextRepresentative, profile } of ENTERPRISES) {
      const holders = new Set(keyPlan.map((key) => key.holder));
      expect(holders.has('HANDLER')).toBe(handler !== undefined);
      expect(holders.has('SUCCESSOR')).toBe(nextRepresentative !== undefined);
      expect(holders.has('ADMINISTRATOR')).toBe(profile.state === 'BANKRUPT');
      expect(keyPlan.filter((key) => (key.means === 'CERTIFICATE') !== (key.binding === 'CA_CERTIFICATE'))).toEqual([]);
    }
  });
});
