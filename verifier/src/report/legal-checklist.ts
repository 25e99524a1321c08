import type { Words, WordLanguage } from '@kesu/chaincode/domain';
import type { Trust } from '../trust';
import type { Verification } from '../verify-bundle';
import { checkLines } from './check-lines';

/** One question of the law with what the verification can say of it. */
export interface LegalRow {
  readonly rule: string;
  readonly asks: string;
  readonly answers: readonly string[];
}

interface Question {
  readonly rule: Words;
  readonly asks: Words;
  /** The checks that say something about it. */
  readonly checks: readonly string[];
  /** What the facts or the trust file say beside the checks, or who else has to answer. */
  readonly note?: (verification: Verification, trust: Trust) => Words;
}

const ONLINE: Words = { zh: '在线诉讼规则', en: 'Online Litigation Rules' };
const EVIDENCE: Words = { zh: '民事证据规定', en: 'Civil Evidence Provisions' };

function of(source: Words, article: string, item = ''): Words {
  return { zh: `${source.zh}第${article}条${item}`, en: `${source.en} art. ${article}${item}` };
}

const say = (zh: string, en: string) => (): Words => ({ zh: `– ${zh}`, en: `– ${en}` });

function filing({ file }: Trust): Words {
  return file.filingNumber === undefined
    ? { zh: '– 信任文件未载明备案编号', en: '– the trust file states no filing number' }
    : { zh: `备案编号 ${file.filingNumber}（信任文件所载，未经核验）`, en: `filing number ${file.filingNumber}, as the trust file states it, not checked` };
}

function interest({ description }: Verification, { file }: Trust): Words {
  if (description === undefined) return { zh: '– 本文件未载明当事方', en: '– the file names no parties' };
  const parties = file.operators.filter((one) => description.parties.includes(one));
  return parties.length === 0
    ? { zh: '运行账本的机构均非本证据所载当事方', en: 'no operator of the ledger is a party that the evidence names' }
    : { zh: `运行账本的机构是当事方：${parties.join('、')}`, en: `operators of the ledger that are parties: ${parties.join(', ')}` };
}

/** 人民法院在线诉讼规则 (2021) arts. 16–19, 最高人民法院关于民事诉讼证据的若干规定 (2019) arts. 93–94. */
const QUESTIONS: readonly Question[] = [
  {
    rule: of(ONLINE, '16'),
    asks: { zh: '经技术核验一致的，可以认定上链后未经篡改；有相反证据足以推翻的除外', en: 'Found consistent, the data may be held unaltered since it went on the chain, unless contrary evidence overturns it' },
    checks: ['digests', 'leaves', 'inclusion', 'cosigners'],
  },
  { rule: of(ONLINE, '17', '(1)'), asks: { zh: '存证平台是否符合区块链存证服务的相关规定', en: 'Does the platform meet the rules for blockchain evidence services?' }, checks: [], note: (_verification, trust) => filing(trust) },
  { rule: of(ONLINE, '17', '(2)'), asks: { zh: '当事人与存证平台有无利害关系并不当干预', en: 'Has a party an interest in the platform, and used it to interfere?' }, checks: [], note: interest },
  { rule: of(ONLINE, '17', '(3)'), asks: { zh: '信息系统是否符合清洁性、安全性、可靠性、可用性标准', en: 'Does the system meet standards of cleanness, security, reliability, availability?' }, checks: ['ledger-native-proof'], note: say('系统环境不在本核验之内，由平台另行举证', 'the system is not seen by this verification: the platform has to show it') },
  { rule: of(ONLINE, '17', '(4)'), asks: { zh: '存证技术和过程是否符合标准（加密、传输、信息验证）', en: 'Do technique and process meet standards of encryption, transmission, verification?' }, checks: ['issuer-signature', 'timestamps', 'sm2-seal'] },
  {
    rule: of(ONLINE, '18'),
    asks: { zh: '上链前数据的真实性：来源、生成机制、存储过程、公证、见证、关联印证', en: 'Was the data true before it went on the chain: source, making, storage, notary, witness, corroboration?' },
    checks: ['enterprise-signature', 'letters', 'request-signatures', 'receipts', 'item-provenance'],
    note: say('原始记录是否属实不在证明之列', 'whether the original records are true is not proven'),
  },
  { rule: of(ONLINE, '19'), asks: { zh: '申请有专门知识的人提出意见，或委托鉴定', en: 'An expert heard, or an appraisal ordered' }, checks: [], note: say('由当事人申请或者人民法院依职权', 'on a party’s request or the court’s own motion') },
  { rule: of(EVIDENCE, '93', '(1)–(3)'), asks: { zh: '计算机系统是否完整、可靠、正常运行，有无防错监测手段', en: 'Are the computer systems complete, reliable, running normally, guarded against error?' }, checks: ['cosigners'], note: say('联署机构各自重新计算日志；软硬件环境由平台另行举证', 'the cosigners recompute the log each; hardware and software the platform has to show') },
  { rule: of(EVIDENCE, '93', '(4)'), asks: { zh: '是否完整保存、传输、提取，方法是否可靠', en: 'Kept, transmitted, extracted whole, by reliable means?' }, checks: ['container', 'digests', 'issuer-signature', 'certificate-state'] },
  { rule: of(EVIDENCE, '93', '(5)'), asks: { zh: '是否在正常的往来活动中形成和存储', en: 'Formed and stored in normal dealings?' }, checks: ['decisions'] },
  { rule: of(EVIDENCE, '93', '(6)'), asks: { zh: '保存、传输、提取的主体是否适当', en: 'Kept, transmitted, extracted by a proper person?' }, checks: ['issuer-signature'] },
  { rule: of(EVIDENCE, '94', '(1)'), asks: { zh: '当事人提交或者保管的于己不利的数据（可以确认）', en: 'Submitted or kept by a party against its own interest (may)' }, checks: [], note: say('视提交人而定', 'depends on who submits it') },
  { rule: of(EVIDENCE, '94', '(2)'), asks: { zh: '由中立第三方平台提供或者确认（可以确认）', en: 'Given or confirmed by a neutral third platform (may)' }, checks: [], note: interest },
  { rule: of(EVIDENCE, '94', '(3)'), asks: { zh: '在正常业务活动中形成（可以确认）', en: 'Formed in normal business (may)' }, checks: ['decisions', 'request-signatures'] },
  { rule: of(EVIDENCE, '94', '(4)'), asks: { zh: '以档案管理方式保管（可以确认）', en: 'Kept as archives are (may)' }, checks: [], note: say('本文件未载明', 'the file does not say') },
  { rule: of(EVIDENCE, '94', '(5)'), asks: { zh: '以当事人约定的方式保存、传输、提取（可以确认）', en: 'Kept, transmitted, extracted as the parties agreed (may)' }, checks: ['letters'] },
  { rule: { zh: `${EVIDENCE.zh}第94条末款`, en: `${EVIDENCE.en} art. 94, last paragraph` }, asks: { zh: '内容经公证机关公证的，应当确认；有相反证据足以推翻的除外', en: 'Notarised content shall be confirmed, unless contrary evidence overturns it' }, checks: [], note: say('本核验不是公证', 'this verification is no notarisation') },
];

/** The checklist of arts. 16–19 and 93–94, filled in as far as facts allow; what they don't answer says who can. */
export function legalChecklist(verification: Verification, trust: Trust, language: WordLanguage): readonly LegalRow[] {
  return QUESTIONS.map(({ rule, asks, checks, note }) => {
    const found = checkLines(verification.checks.filter(({ name }) => checks.includes(name)), language);
    const noted = note?.(verification, trust)[language];
    const answers = [...found, ...(noted === undefined ? [] : [noted])];
    return { rule: rule[language], asks: asks[language], answers: answers.length === 0 ? ['–'] : answers };
  });
}
