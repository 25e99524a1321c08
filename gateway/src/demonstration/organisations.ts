import type { ParticipantRole } from '@kesu/chaincode/domain';
import { REGIONS } from './regions';

/** The organisations (MSPs) whose certificates count for the demonstration's participants. */
export const DEMONSTRATION_MSPS = ['NodeMSP', 'PlatformMSP', 'JudicialMSP'] as const;

/** Who cosigns checkpoints beside the node, one of each further organisation. All in one wallet, over one ledger: the demonstration says so. */
export const DEMONSTRATION_COSIGNERS = ['qinxinrong', 'example-notary'] as const;

/** A name and the date from which it counts. */
export interface DatedName {
  /** A date, `2023-08-01`. */
  readonly from: string;
  readonly zh: string;
  readonly en: string;
}

/** An organisation of the demonstration; an `assessor` is named in assessments and takes no other part. */
export interface DemonstrationOrganisation {
  /** A stable ASCII slug: the participant's id. */
  readonly id: string;
  readonly role: ParticipantRole | 'assessor';
  readonly kind?: 'BANK' | 'GUARANTEE' | 'INSURER' | 'CREDIT_SERVICE';
  readonly mspId: (typeof DEMONSTRATION_MSPS)[number];
  readonly names: readonly DatedName[];
  /** Platforms only: the result of the technical assessment (任务 4). */
  readonly connectVia?: 'NODE' | 'QINXINRONG';
  /** Six-digit region codes: served by a platform, watched by a regulator; empty where there is no territory. */
  readonly regions: readonly string[];
  /** Recipients only: the platforms that admitted it. */
  readonly memberOf: readonly string[];
  /** Providers only: what the starting list calls the unit. */
  readonly listedAs?: readonly string[];
  /** True for authorities whose functions are real; all others are invented. */
  readonly realFunction: boolean;
}

const LIST_DATE = '2022-09-02';
const REAL_REGIONS = REGIONS.filter((region) => !region.fictional).map((region) => region.code);

function since(zh: string, en: string, from: string = LIST_DATE): DatedName {
  return { from, zh, en };
}

function provider(id: string, listedAs: string, zh: string, en: string): DemonstrationOrganisation {
  return { id, role: 'provider', mspId: 'NodeMSP', names: [since(zh, en)], regions: [], memberOf: [], listedAs: [listedAs], realFunction: true };
}

function recipient(id: string, kind: NonNullable<DemonstrationOrganisation['kind']>, zh: string, en: string, memberOf: readonly string[]): DemonstrationOrganisation {
  return { id, role: 'recipient', kind, mspId: 'NodeMSP', names: [since(zh, en)], regions: [], memberOf, realFunction: false };
}

function platform(id: string, zh: string, en: string, connectVia: 'NODE' | 'QINXINRONG', regions: readonly string[]): DemonstrationOrganisation {
  return { id, role: 'platform', mspId: 'PlatformMSP', names: [since(zh, en)], connectVia, regions, memberOf: [], realFunction: id === 'qinxinrong' };
}

function judicial(id: string, role: 'notary' | 'arbitrator' | 'court', zh: string, en: string): DemonstrationOrganisation {
  return { id, role, mspId: 'JudicialMSP', names: [since(zh, en)], regions: [], memberOf: [], realFunction: false };
}

const AUTHORITIES: readonly DemonstrationOrganisation[] = [
  {
    id: 'provincial-node',
    role: 'provincialNode',
    mspId: 'NodeMSP',
    names: [since('全国中小企业融资综合信用服务平台陕西省级节点', 'Shaanxi provincial node of the national financing credit service platform')],
    regions: REGIONS.map((region) => region.code),
    memberOf: [],
    realFunction: true,
  },
  {
    id: 'financial-regulator',
    role: 'regulator',
    mspId: 'NodeMSP',
    names: [since('省地方金融监管部门', 'Provincial authority for local financial supervision')],
    regions: REGIONS.map((region) => region.code),
    memberOf: [],
    realFunction: true,
  },
  { id: 'example-auditor', role: 'auditor', mspId: 'NodeMSP', names: [since('示范审计机构', 'Example Auditor')], regions: [], memberOf: [], realFunction: false },
  { id: 'example-security-assessor', role: 'assessor', mspId: 'NodeMSP', names: [since('示范信息安全测评中心', 'Example Security Assessment Centre')], regions: [], memberOf: [], realFunction: false },
  { id: 'example-authorization-assessor', role: 'assessor', mspId: 'NodeMSP', names: [since('示范授权合规评估中心', 'Example Authorization Assessment Centre')], regions: [], memberOf: [], realFunction: false },
];

/** 秦信融 serves the real regions; a city platform that something goes wrong with lies in a city that doesn't exist. */
const PLATFORMS: readonly DemonstrationOrganisation[] = [
  platform('qinxinrong', '陕西中小企业融资服务平台(秦信融)', 'Shaanxi SME Financing Service Platform (Qinxinrong)', 'NODE', REAL_REGIONS),
  platform('weichuan-platform', '渭川市融资信用服务平台', 'Weichuan Financing Credit Service Platform (fictional)', 'QINXINRONG', ['619921']),
  platform('jinglan-platform', '泾岚市融资信用服务平台', 'Jinglan Financing Credit Service Platform (fictional)', 'NODE', ['619922']),
  platform('lanchuan-platform', '岚川市融资信用服务平台', 'Lanchuan Financing Credit Service Platform (fictional)', 'NODE', ['619923']),
  platform('qinping-platform', '秦屏市融资信用服务平台', 'Qinping Financing Credit Service Platform (fictional)', 'QINXINRONG', ['619924']),
];

const RECIPIENTS: readonly DemonstrationOrganisation[] = [
  recipient('example-rural-commercial-bank', 'BANK', '示范农商银行', 'Example Rural Commercial Bank', ['qinxinrong', 'jinglan-platform']),
  recipient('example-city-bank', 'BANK', '示范城市银行', 'Example City Bank', ['qinxinrong', 'lanchuan-platform']),
  recipient('example-inclusive-bank', 'BANK', '示范普惠银行', 'Example Inclusive Bank', ['qinxinrong', 'weichuan-platform', 'jinglan-platform']),
  recipient('example-technology-bank', 'BANK', '示范科创银行', 'Example Technology Bank', ['qinxinrong']),
  recipient('example-farming-bank', 'BANK', '示范兴禾银行', 'Example Farming Bank', ['qinxinrong']),
  recipient('example-union-bank', 'BANK', '示范同济商业银行', 'Example Union Commercial Bank', ['qinxinrong', 'lanchuan-platform']),
  recipient('example-trade-bank', 'BANK', '示范惠商银行', 'Example Trade Bank', ['qinxinrong']),
  recipient('example-online-bank', 'BANK', '示范网络银行', 'Example Online Bank', ['qinxinrong']),
  recipient('example-valley-village-bank', 'BANK', '示范谷禾村镇银行', 'Example Valley Village Bank', ['qinxinrong']),
  recipient('weichuan-example-rural-bank', 'BANK', '渭川示范农商银行', 'Weichuan Example Rural Commercial Bank', ['weichuan-platform', 'qinxinrong']),
  recipient('jinglan-example-rural-bank', 'BANK', '泾岚示范农商银行', 'Jinglan Example Rural Commercial Bank', ['jinglan-platform']),
  recipient('lanchuan-example-village-bank', 'BANK', '岚川示范村镇银行', 'Lanchuan Example Village Bank', ['lanchuan-platform']),
  recipient('qinping-example-village-bank', 'BANK', '秦屏示范村镇银行', 'Qinping Example Village Bank', ['qinping-platform']),
  recipient('example-guarantee', 'GUARANTEE', '示范融资担保有限公司', 'Example Financing Guarantee Co.', ['qinxinrong']),
  recipient('example-farm-guarantee', 'GUARANTEE', '示范农业融资担保有限公司', 'Example Agricultural Guarantee Co.', ['qinxinrong']),
  recipient('example-insurer', 'INSURER', '示范财产保险股份有限公司', 'Example Property Insurance Co.', ['qinxinrong']),
  recipient('example-credit-service', 'CREDIT_SERVICE', '示范征信服务有限公司', 'Example Credit Information Services Co.', ['qinxinrong']),
];

/** Units that share a kind of information city by city stand as one: the one that gathers it for the province. */
const PROVIDERS: readonly DemonstrationOrganisation[] = [
  provider('market-regulation', '省市场监管局', '陕西省市场监督管理局', 'Shaanxi Administration for Market Regulation'),
  provider('development-reform', '省发展改革委', '陕西省发展和改革委员会', 'Shaanxi Development and Reform Commission'),
  provider('industry-information', '省工业和信息化厅', '陕西省工业和信息化厅', 'Shaanxi Department of Industry and Information Technology'),
  provider('high-court', '省法院', '陕西省高级人民法院', 'Shaanxi High Court'),
  provider('tax-service', '省税务局', '国家税务总局陕西省税务局', 'Shaanxi Tax Service'),
  provider('human-resources', '省人力资源社会保障厅', '陕西省人力资源和社会保障厅', 'Shaanxi Department of Human Resources and Social Security'),
  provider('housing-funds', '各市住房公积金管理中心(省住房城乡建设厅)', '各市住房公积金管理中心(省级归集)', 'Housing fund centres of the cities (gathered for the province)'),
  provider('real-estate-registries', '市县不动产登记机构(省自然资源厅)', '市县不动产登记机构(省级归集)', 'Real estate registries (gathered for the province)'),
  provider('natural-resources', '省自然资源厅', '陕西省自然资源厅', 'Shaanxi Department of Natural Resources'),
  provider('power-grid', '国网陕西省电力有限公司', '国网陕西省电力有限公司', 'State Grid Shaanxi Electric Power'),
  provider('water-suppliers', '市(区)供水单位', '市(区)供水单位(省级归集)', 'Water suppliers (gathered for the province)'),
  provider('gas-suppliers', '市(区)供气单位', '市(区)供气单位(省级归集)', 'Gas suppliers (gathered for the province)'),
  provider('copyright-administration', '省版权局', '陕西省版权局', 'Shaanxi Copyright Administration'),
  provider('science-technology', '省科技厅', '陕西省科学技术厅', 'Shaanxi Department of Science and Technology'),
  provider('xian-customs', '西安海关', '中华人民共和国西安海关', "Xi'an Customs"),
  provider('agriculture', '省农业农村厅', '陕西省农业农村厅', 'Shaanxi Department of Agriculture and Rural Affairs'),
  provider('ecology-environment', '省生态环境厅', '陕西省生态环境厅', 'Shaanxi Department of Ecology and Environment'),
  provider('housing-construction', '省住房城乡建设厅', '陕西省住房和城乡建设厅', 'Shaanxi Department of Housing and Urban-Rural Development'),
  provider('public-resources', '省公共资源交易中心', '陕西省公共资源交易中心', 'Shaanxi Public Resources Trading Centre'),
  provider('finance-department', '省财政厅', '陕西省财政厅', 'Shaanxi Department of Finance'),
  provider('financing-feedback', '接入机构', '接入机构融资成效与履约信息归集', 'Financing outcomes gathered from institutions'),
  provider('enterprise-reports', '企业', '企业自愿提供信息归集', 'Information that enterprises report themselves'),
  {
    ...provider('financial-supervision', '国家金融监督管理总局陕西监管局', '陕西银保监局', 'Shaanxi Banking and Insurance Regulatory Bureau'),
    names: [
      since('陕西银保监局', 'Shaanxi Banking and Insurance Regulatory Bureau'),
      since('国家金融监督管理总局陕西监管局', 'Shaanxi Bureau of the National Financial Regulatory Administration', '2023-07-20'),
    ],
  },
  {
    ...provider('central-bank-branch', '中国人民银行陕西省分行', '人民银行西安分行', ''),
    names: [
      since('人民银行西安分行', "People's Bank of China, Xi'an Branch"),
      since('中国人民银行陕西省分行', "People's Bank of China, Shaanxi Branch", '2023-08-01'),
    ],
  },
];

const JUDICIAL: readonly DemonstrationOrganisation[] = [
  judicial('example-notary', 'notary', '示范公证处', 'Example Notary Office'),
  judicial('example-arbitrator', 'arbitrator', '示范仲裁委员会', 'Example Arbitration Commission'),
  judicial('example-court', 'court', '示范人民法院', "Example People's Court"),
];

/** Every organisation of the demonstration, authorities first. Banks, notaries and assessors are invented. */
export const ORGANISATIONS: readonly DemonstrationOrganisation[] = [...AUTHORITIES, ...PLATFORMS, ...RECIPIENTS, ...PROVIDERS, ...JUDICIAL];

/**
 * The organisation of an id.
 * @throws RangeError when the demonstration has none.
 */
export function organisationOf(id: string): DemonstrationOrganisation {
  const organisation = ORGANISATIONS.find((candidate) => candidate.id === id);
  if (organisation === undefined) throw new RangeError(`no demonstration organisation ${id}`);
  return organisation;
}

/** The organisations of one role, in order. */
export function organisationsOf(role: DemonstrationOrganisation['role']): readonly DemonstrationOrganisation[] {
  return ORGANISATIONS.filter((organisation) => organisation.role === role);
}
