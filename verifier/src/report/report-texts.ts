import type { Words } from '@kesu/chaincode/domain';
import type { Verdict } from '../verify-bundle';

/** What each outcome is called. */
export const VERDICT_WORDS: Readonly<Record<Verdict, Words>> = {
  PROVEN: { zh: '证明成立', en: 'proven' },
  REFUTED: { zh: '不成立', en: 'refuted' },
  UNDETERMINED: { zh: '无法判定', en: 'undetermined' },
};

/** What each outcome says. */
export const VERDICT_MEANINGS: Readonly<Record<Verdict, Words>> = {
  PROVEN: { zh: '没有一项不符，必要各项均已证明', en: 'no check fails, every required one holds' },
  REFUTED: { zh: '至少一项不符', en: 'at least one check fails' },
  UNDETERMINED: { zh: '没有一项不符，但必要事项有未能判断的', en: 'no check fails, but a required one says nothing' },
};

/** Headings and names of a report. */
export const REPORT_TEXTS = {
  title: { zh: '电子证据核验报告', en: 'Verification of electronic evidence' },
  demonstration: { zh: '演示数据，非真实业务', en: '演示数据，非真实业务 · demonstration, no real business' },
  object: { zh: '核验对象', en: 'What was verified' },
  result: { zh: '核验结论', en: 'Result' },
  checks: { zh: '逐项核验', en: 'Checks' },
  notProven: { zh: '未证明的事项', en: 'What is not proven' },
  checklist: { zh: '依《人民法院在线诉讼规则》第16–19条、《民事诉讼证据规定》第93–94条逐条对照', en: 'Online Litigation Rules arts. 16–19 and Civil Evidence Provisions arts. 93–94, one by one' },
  trust: { zh: '所依赖的信任文件', en: 'The trust file relied on' },
  check: { zh: '核验项', en: 'Check' },
  found: { zh: '结果', en: 'Found' },
  rule: { zh: '依据', en: 'Rule' },
  rests: { zh: '基于谁的密钥或陈述', en: 'Rests on' },
  article: { zh: '条文', en: 'Article' },
  asks: { zh: '问题', en: 'Asks' },
  answer: { zh: '依事实所能回答', en: 'As far as facts answer' },
  file: { zh: '文件', en: 'File' },
  bytes: { zh: '字节', en: 'bytes' },
  digest: { zh: '文件 SHA-256', en: 'SHA-256 of the file' },
  trustDigest: { zh: '信任文件 SHA-256', en: 'SHA-256 of the trust file' },
  at: { zh: '核验时间（本机时钟）', en: 'Verified at (this machine’s clock)' },
  bundle: { zh: '证据包编号', en: 'Bundle' },
  network: { zh: '账本', en: 'Ledger' },
  issuer: { zh: '出具机构', en: 'Issuer' },
  sealedAt: { zh: '封存时间', en: 'Sealed at' },
  parties: { zh: '当事方', en: 'Parties' },
  EMBEDDED: { zh: '内嵌账本（单一运行机构）', en: 'embedded, one operator' },
  FABRIC: { zh: 'Hyperledger Fabric（多家机构）', en: 'Hyperledger Fabric, several organisations' },
  operators: { zh: '运行账本的机构', en: 'Operators of the ledger' },
  log: { zh: '日志密钥', en: 'Keys of the log' },
  cosigners: { zh: '联署密钥', en: 'Keys of cosigners' },
  atLeast: { zh: '至少', en: 'at least' },
  roots: { zh: '根证书 SHA-256', en: 'Root certificates, SHA-256' },
  stamps: { zh: '时间戳机构', en: 'Timestamp authorities' },
  development: { zh: '（开发用）', en: ' (development)' },
  verifier: { zh: '核验人', en: 'Verified by' },
  date: { zh: '日期', en: 'Date' },
  foot: { zh: '本报告由离线程序依信任文件生成，不是公证书。', en: 'Made offline by a program, by the trust file named above. It is no notarial deed.' },
} as const satisfies Readonly<Record<string, Words>>;

/** A text’s name. */
export type ReportText = keyof typeof REPORT_TEXTS;
