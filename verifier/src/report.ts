import type { CheckResult } from './checks/check';
import type { Trust } from './trust';
import type { Verification } from './verify-bundle';

/** How a check's state is shown. */
const SIGNS = { PASS: '✔', FAIL: '✖', UNKNOWN: '–' } as const;

const VERDICT_WORDS = { PROVEN: '证明成立 proven', REFUTED: '不成立 refuted', UNDETERMINED: '无法判定 undetermined' } as const;

/** A verification as lines for people. */
export function verificationLines({ verdict, checks }: Verification): string[] {
  return [...checks.map((check) => `${SIGNS[check.state]} ${check.name}${check.code === undefined ? '' : ` [${check.code}]`}: ${check.value}\n    ${check.rule} · rests on ${check.restsOn}`), '', VERDICT_WORDS[verdict]];
}

/** One question of the law with what the verification can say of it. */
interface LegalRow {
  readonly rule: string;
  readonly asks: string;
  readonly answer: string;
}

/** The checklist of 人民法院在线诉讼规则 arts. 16–19 and 民事证据规定 arts. 93–94, filled in as far as facts allow. */
export function legalChecklist({ checks, description }: Verification, trust: Trust): readonly LegalRow[] {
  const value = (...names: readonly string[]): string => checks.filter(({ name }) => names.includes(name)).map((check) => `${SIGNS[check.state]} ${check.name}: ${check.value}`).join(';');
  const parties = trust.file.operators.filter((one) => description?.parties.includes(one) === true);
  return [
    { rule: '诉讼规则 16', asks: '上链后未经篡改,可以认定;相反证据足以推翻的除外', answer: value('digests', 'leaves', 'inclusion', 'cosigners') },
    { rule: '诉讼规则 17(1)', asks: '存证平台符合区块链存证服务的管理规定(备案)', answer: trust.file.filingNumber === undefined ? '– 信任文件未载明备案编号' : `备案编号 ${trust.file.filingNumber}(信任文件所载,未经核验)` },
    { rule: '诉讼规则 17(2)', asks: '当事人与存证平台是否存在利害关系', answer: parties.length === 0 ? '运行账本的机构均非本案证据所载当事方' : `运行账本的机构是当事方:${parties.join('、')}` },
    { rule: '诉讼规则 17(3)–(4)', asks: '信息系统是否符合清洁性、安全性等;存证技术和过程是否符合标准', answer: value('ledger-native-proof', 'timestamps') },
    { rule: '诉讼规则 18', asks: '上链前数据的真实性', answer: value('enterprise-signature', 'letters', 'request-signatures', 'receipts', 'item-provenance') },
    { rule: '诉讼规则 19', asks: '可以申请有专门知识的人就技术问题提出意见', answer: '– 由当事人申请' },
    { rule: '证据规定 93', asks: '电子数据的生成、存储、传输、保存是否可靠', answer: value('container', 'issuer-signature', 'certificate-state') },
    { rule: '证据规定 94(1)–(5)', asks: '正常业务活动中形成、第三方平台提供等情形,可以确认(may)', answer: value('decisions') },
    { rule: '证据规定 94 末款', asks: '经公证机关公证的,应当确认(shall);有相反证据足以推翻的除外', answer: '– 本核验不是公证' },
  ];
}

/** A printable page without scripts: checks, checklist, what the file says of itself. */
export function reportPage(name: string, verification: Verification, trust: Trust): string {
  const { verdict, checks, description } = verification;
  const row = ({ state, name: check, code, value, rule, restsOn }: CheckResult): string => `<tr><td>${SIGNS[state]}</td><td>${escape(check)}</td><td>${escape(code === undefined ? value : `${code}: ${value}`)}</td><td>${escape(rule)}</td><td>${escape(restsOn)}</td></tr>`;
  const legal = legalChecklist(verification, trust).map(({ rule, asks, answer }) => `<tr><td>${escape(rule)}</td><td>${escape(asks)}</td><td>${escape(answer)}</td></tr>`);
  const about = description === undefined ? [] : [`<p>${escape(JSON.stringify(description))}</p>`, ...(description.demonstration ? ['<p>演示数据,非真实业务</p>'] : [])];
  return [
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>核验报告 verification report</title>',
    '<style>body{font:11pt serif;margin:2cm}table{border-collapse:collapse;width:100%}td,th{border:1px solid #888;padding:3pt;vertical-align:top;overflow-wrap:anywhere}</style></head><body>',
    `<h1>核验报告 Verification report</h1><p>${escape(name)}</p><h2>${VERDICT_WORDS[verdict]}</h2>`,
    ...about,
    '<table><tr><th></th><th>check</th><th>value</th><th>rule</th><th>rests on</th></tr>',
    ...checks.map(row),
    '</table><h2>人民法院在线诉讼规则 16–19,民事证据规定 93–94</h2><table><tr><th>条文</th><th>问题</th><th>依事实所能回答</th></tr>',
    ...legal,
    '</table></body></html>\n',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
