import type { Words, WordLanguage } from '@kesu/chaincode/domain';
import type { Trust } from '../trust';
import type { Verification } from '../verify-bundle';
import { checkLines } from './check-lines';

/** A limit that holds where its condition does: docs/formats/evidence-bundle.md, checks 10 and 12; SECURITY.md. */
interface Limit extends Words {
  readonly holds: (verification: Verification, trust: Trust) => boolean;
}

const always = (): boolean => true;
const isBundle = ({ description }: Verification): boolean => description !== undefined;

const LIMITS: readonly Limit[] = [
  { holds: isBundle, zh: '最新所示日志叶之后发生了什么。', en: 'What happened after the newest leaf that is shown.' },
  { holds: isBundle, zh: '规则簿、参与方、模板、批次的记录为当时最新：以出具机构所示为准；授权状态为当时最新则由日志叶证明。', en: 'That the records of rule book, participants, template and batch were the newest: the issuer says so. That the grant’s state was, the leaves prove.' },
  { holds: ({ description }) => description?.ledger === 'EMBEDDED', zh: '独立于运行机构的账本事实：内嵌账本只有一家运行机构，多家联署亦不改变。', en: 'Anything independent of the operator: an embedded ledger has one, and several cosigners don’t change that.' },
  { holds: (_verification, { file }) => file.timestampAuthorities.some(({ development }) => development), zh: '对他人有效的时间：信任文件载有开发用时间戳机构。', en: 'A time that counts with others: the trust file names a development timestamp authority.' },
  { holds: (_verification, { file }) => file.sm2Roots !== undefined, zh: '商用密码产品认证：本程序的国密实现未经认证。', en: 'A certified 商用密码产品: this program’s SM2 and SM3 are not certified.' },
  { holds: always, zh: '数据在上链之前是否真实。', en: 'Whether the data was true before it went on the ledger.' },
  { holds: always, zh: '信任文件本身：应由核验人另行取得并与各机构公布的密钥核对。', en: 'The trust file itself: whoever verifies gets it another way, and compares it with what each organisation publishes.' },
];

/** What a verification does not prove: its checks that say nothing, then the limits of what it looked at. */
export function notProven(verification: Verification, trust: Trust, language: WordLanguage): readonly string[] {
  const silent = checkLines(verification.checks.filter(({ state }) => state === 'UNKNOWN'), language);
  return [...silent, ...LIMITS.filter(({ holds }) => holds(verification, trust)).map((limit) => limit[language])];
}
