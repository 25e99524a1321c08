import { CATALOGUE } from './catalogue';
import { organisationOf, ORGANISATIONS, organisationsOf } from './organisations';
import { REGIONS, regionOf } from './regions';

const MSP_OF_ROLE = {
  provincialNode: 'NodeMSP',
  provider: 'NodeMSP',
  recipient: 'NodeMSP',
  regulator: 'NodeMSP',
  auditor: 'NodeMSP',
  assessor: 'NodeMSP',
  platform: 'PlatformMSP',
  notary: 'JudicialMSP',
  arbitrator: 'JudicialMSP',
  court: 'JudicialMSP',
} as const;

describe('the organisations of the demonstration', () => {
  test('have unique ids in the form of a participant id, and unique names', () => {
    const ids = ORGANISATIONS.map((organisation) => organisation.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][a-z0-9-]{1,62}$/.test(id))).toEqual([]);
    const names = ORGANISATIONS.flatMap((organisation) => organisation.names.map((name) => name.zh));
    expect(new Set(names).size).toBe(names.length);
  });

  test('lie under the MSP of their role', () => {
    expect(ORGANISATIONS.filter((organisation) => organisation.mspId !== MSP_OF_ROLE[organisation.role])).toEqual([]);
  });

  test('have every role filled: at least 12 banks, 2 guarantors, an insurer, a credit service, 2 assessors', () => {
    const kinds = organisationsOf('recipient').map((recipient) => recipient.kind);
    expect(kinds.filter((kind) => kind === 'BANK').length).toBeGreaterThanOrEqual(12);
    expect(kinds.filter((kind) => kind === 'GUARANTEE')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'INSURER')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'CREDIT_SERVICE')).toHaveLength(1);
    expect(organisationsOf('assessor')).toHaveLength(2);
    for (const role of ['provincialNode', 'regulator', 'auditor', 'notary', 'arbitrator', 'court'] as const) expect(organisationsOf(role)).toHaveLength(1);
  });

  test('no bank, notary, assessor or court is real: each name says 示范', () => {
    const invented = ORGANISATIONS.filter((organisation) => ['recipient', 'auditor', 'assessor', 'notary', 'arbitrator', 'court'].includes(organisation.role));
    expect(invented.flatMap((organisation) => organisation.names).filter((name) => !name.zh.includes('示范') || !name.en.includes('Example'))).toEqual([]);
    expect(invented.every((organisation) => !organisation.realFunction)).toBe(true);
  });

  test('every city platform lies in a city that does not exist; 秦信融 serves the ten cities and 杨凌', () => {
    for (const platform of organisationsOf('platform')) {
      const fictional = platform.regions.map((code) => regionOf(code).fictional);
      expect(fictional).toEqual(platform.id === 'qinxinrong' ? Array.from({ length: 11 }, () => false) : [true]);
      expect(platform.connectVia).toBeDefined();
    }
    expect(organisationOf('weichuan-platform').connectVia).toBe('QINXINRONG');
  });

  test('a recipient is a member of platforms that exist', () => {
    const platforms = organisationsOf('platform').map((platform) => platform.id);
    for (const recipient of organisationsOf('recipient')) {
      expect(recipient.memberOf.length).toBeGreaterThan(0);
      expect(recipient.memberOf.filter((id) => !platforms.includes(id))).toEqual([]);
    }
  });

  test('an authority that was renamed keeps both names with their dates', () => {
    expect(organisationOf('central-bank-branch').names.map(({ from, zh }) => [from, zh])).toEqual([
      ['2022-09-02', '人民银行西安分行'],
      ['2023-08-01', '中国人民银行陕西省分行'],
    ]);
    for (const { names } of ORGANISATIONS) {
      expect(names.every((name) => /^\d{4}-\d\d-\d\d$/.test(name.from) && name.zh !== '' && name.en !== '')).toBe(true);
      expect([...names].sort((a, b) => a.from.localeCompare(b.from))).toEqual(names);
    }
  });

  test('every provider provides something of the catalogue', () => {
    const used = new Set(CATALOGUE.map((item) => item.provider));
    expect(organisationsOf('provider').filter((provider) => !used.has(provider.id))).toEqual([]);
  });

  test('an unknown id is refused', () => {
    expect(() => organisationOf('nobody')).toThrow(RangeError);
  });
});

describe('the regions', () => {
  test('shares add up to 1,000 and credit codes lie in region 6199xx', () => {
    expect(REGIONS.reduce((sum, region) => sum + region.share, 0)).toBe(1000);
    expect(REGIONS.filter((region) => !/^6199\d\d$/.test(region.creditCodeRegion))).toEqual([]);
    expect(new Set(REGIONS.map((region) => region.creditCodeRegion)).size).toBe(REGIONS.length);
  });

  test('a city that does not exist has no real code', () => {
    expect(REGIONS.filter((region) => region.fictional !== region.code.startsWith('6199'))).toEqual([]);
  });
});
