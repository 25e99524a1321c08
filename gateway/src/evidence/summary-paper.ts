import {
  CASE_KIND_WORDS,
  CASE_STATE_WORDS,
  GRANULARITY_WORDS,
  GRANT_STATE_WORDS,
  ITEM_FORM_WORDS,
  ITEM_KIND_WORDS,
  LINK_KIND_WORDS,
  LOAN_STATE_WORDS,
  LODGED_NOT_NOTARIZED,
  MECHANISM_WORDS,
  nameAt,
  PURPOSE_WORDS,
  shanghaiDate,
  shanghaiTime,
  STORAGE_PLACE_WORDS,
  VOLUME_SIDE_WORDS,
  VOLUME_SUBJECT_WORDS,
  type Certificate,
  type CertifiedSum,
  type EvidenceCase,
  type EvidenceItem,
  type EvidenceVolume,
  type WordLanguage,
  type Words,
} from '@kesu/chaincode/domain';
import type { BundleDescription, Fact, Facts, LetterPart } from '@kesu/verifier';
import { Paper, type Row } from '../paper';

/** What a summary is made of: what the bundle says, and what it would be held against. */
export interface SummaryFacts {
  readonly description: BundleDescription;
  readonly facts: Facts;
  readonly letters: ReadonlyMap<string, LetterPart>;
  /** Events under the checkpoint. */
  readonly size: number;
  /** See {@link contentDigest}. */
  readonly contentDigest: string;
}

/** A summary's words: of both languages one is taken. */
type Say = (zh: string, en: string) => string;

interface Writing extends SummaryFacts {
  readonly language: WordLanguage;
  readonly say: Say;
  readonly words: (words: Words) => string;
  /** The name in force of a participant at the sealing; its id where none is shown. */
  readonly nameOf: (id: string) => string;
  /** The same with its id: once for each. */
  readonly named: (id: string) => string;
  /** Beijing time without saying so: the paper says it once. */
  readonly time: (at: string) => string;
}

/** `2026-01-01 08:00:00` of a time in words. */
const TIME_LENGTH = 19;

/** What its QR code holds: where the bundle is looked up, and which content it must have. */
export function summaryCode({ description: { id, lookup }, contentDigest }: Pick<SummaryFacts, 'description' | 'contentDigest'>): string {
  return `${lookup ?? `urn:kesu:evidence:${id}`}#content=${contentDigest}`;
}

/** The summary of a bundle for people, in PDF: a pure function of its facts. */
export function summaryPaper(summary: SummaryFacts, language: WordLanguage): Promise<Uint8Array> {
  const say: Say = (zh, en) => (language === 'zh' ? zh : en);
  const { description, facts } = summary;
  const nameOf = (id: string): string => {
    const found = facts.before('participant', id, Infinity);
    return found === undefined ? id : nameAt(found.event.record, shanghaiDate(description.sealedAt))[language];
  };
  const named = (id: string): string => (nameOf(id) === id ? id : `${nameOf(id)} (${id})`);
  const writing: Writing = { ...summary, language, say, words: (words) => words[language], nameOf, named, time: (at) => shanghaiTime(at, language).slice(0, TIME_LENGTH) };
  const title = say('可溯证据包摘要', 'Summary of a Kesu evidence bundle');
  const paper = new Paper(title, [say('可溯', 'Kesu'), description.id, ...(description.demonstration ? [say('演示数据,非真实业务', 'Demonstration data, not real business (演示数据,非真实业务)')] : [])].join(' · '));
  paper.head({ title, lead: `${LODGED_NOT_NOTARIZED[language]}\n${say('本页与证据包内的数据说的是同一件事;以数据和核验结果为准。', 'This paper says what the data in the bundle say; the data and their verification count.')}`, qr: summaryCode(summary), caption: say('扫码取得证据包地址和内容摘要值', 'address of the bundle and its content digest') });
  paper.heading(say('证据包', 'The bundle')).rows(bundleRows(writing));
  writeCase(paper, writing);
  writeVolumes(paper, writing);
  writeGrants(paper, writing);
  writeReleases(paper, writing);
  writeLoans(paper, writing);
  paper.heading(say('怎样核验', 'How to verify')).text(verificationWords(writing));
  return paper.bytes();
}

function bundleRows(writing: Writing): Row[] {
  const { description, size, contentDigest, say, named, time, facts } = writing;
  const rows: readonly (Row | undefined)[] = [
    [say('编号', 'Bundle'), description.id],
    ...subjectRows(writing),
    [say('当事方', 'Parties'), description.parties.map(named).join('\n') || '–'],
    [say('出具方', 'Issued by'), named(description.issuer.participant)],
    [say('封存时间', 'Sealed at'), `${time(description.sealedAt)}${say('(本页时间均为北京时间)', ' (all times on this paper are Beijing time)')}`],
    description.volume === undefined ? undefined : [say('截至', 'Up to'), say(`第${description.volume}卷封存时`, `volume ${description.volume} sealed`)],
    [say('账本', 'Ledger'), `${description.network}\n${description.ledger === 'EMBEDDED' ? say('单一运营者的内嵌账本:只证明该运营者签署过的内容', 'embedded, of one operator: it proves what that operator signed') : say('多机构联盟账本', 'run by several organisations')}`],
    [say('检查点', 'Checkpoint'), say(`共${size}个事件;本包载明其中${facts.all.length}个`, `${size} events, of which this bundle shows ${facts.all.length}`)],
    [say('内容摘要值', 'Content digest'), contentDigest],
    description.lookup === undefined ? undefined : [say('查询地址', 'Look up at'), description.lookup],
  ];
  return rows.filter((row) => row !== undefined);
}

/** Whom and what it is about. */
function subjectRows({ description, letters, facts, say, words, named }: Writing): (Row | undefined)[] {
  const names = [...new Set([...letters.values()].map(({ identity }) => `${identity.name} (${identity.creditCode})`))];
  const newest = facts.ofKind('evidence-case').at(-1)?.event.record;
  return [
    newest === undefined ? undefined : [say('案件', 'Case'), `${words(CASE_KIND_WORDS[newest.kind])} · ${words(CASE_STATE_WORDS[newest.state])} · ${newest.id}`],
    newest?.authority === undefined ? undefined : [say('受理机构', 'Authority'), named(newest.authority)],
    [say('主体', 'Enterprise'), [...names, description.enterprise].join('\n')],
    description.loanRef === undefined ? undefined : [say('贷款', 'Loan'), description.loanRef],
  ];
}

function place({ leaf: { position } }: Fact): string {
  return `${position.block}.${position.index}.${position.item}`;
}

function writeCase(paper: Paper, { facts, say, words, nameOf, time }: Writing): void {
  const life = facts.ofKind('evidence-case');
  const steps = life.filter(({ event }, at) => event.record.state !== life[at - 1]?.event.record.state);
  if (steps.length === 0) return;
  paper.heading(say('案件经过', 'What happened in the case'));
  paper.rows(steps.map((fact): Row => [words(CASE_STATE_WORDS[fact.event.record.state]), `${time(fact.leaf.claimedTime)} · ${nameOf(fact.event.actor)} · ${place(fact)}`]));
  paper.text(say('末列数字为账本位置:区块.交易.事件。', 'Numbers at the end are positions on the ledger: block.transaction.event.'), { small: true });
  paper.rows(paperRows(life.at(-1)?.event.record, say));
}

/** The notary's papers as the ledger names them: their digests, and the sum that the ledger computed. */
function paperRows(evidenceCase: EvidenceCase | undefined, say: Say): Row[] {
  const { deed, enforcement } = evidenceCase ?? {};
  const state = (paper: Certificate): string => ({ ISSUED: '', CORRECTED: say('(已补正)', ' (corrected)'), ANNULLED: say('(已撤销)', ' (annulled)') })[paper.state];
  const rows: readonly (Row | undefined)[] = [
    deed === undefined ? undefined : [say('公证书', 'Deed'), `${say('摘要', 'digest')} ${deed.documentDigest}${state(deed)}`],
    enforcement === undefined ? undefined : [say('执行证书', 'Certificate of enforcement'), `${say('摘要', 'digest')} ${enforcement.documentDigest}${state(enforcement)}\n${sumWords(enforcement.sum, say)}\n${say('申请执行期限至', 'to be applied for until')} ${enforcement.applyBefore}`],
  ];
  return rows.filter((row) => row !== undefined);
}

function sumWords({ on, principalFen, interestFen, overdueInterestFen, expensesFen, totalFen }: CertifiedSum, say: Say): string {
  return say(`截至${on}:本金 ${yuan(principalFen)},利息 ${yuan(interestFen)},逾期利息 ${yuan(overdueInterestFen)},费用 ${yuan(expensesFen)},合计 ${yuan(totalFen)}`, `as of ${on}: principal ${yuan(principalFen)}, interest ${yuan(interestFen)}, overdue interest ${yuan(overdueInterestFen)}, expenses ${yuan(expensesFen)}, total ${yuan(totalFen)}`);
}

function writeVolumes(paper: Paper, writing: Writing): void {
  const { description, facts, say, words, time } = writing;
  const sealed = facts.ofKind('evidence-volume').filter(({ event: { record } }) => record.state === 'SEALED' && record.caseId === description.caseId);
  for (const { event: { record } } of sealed) {
    paper.heading(say(`第${record.number}卷 ${words(VOLUME_SUBJECT_WORDS[record.subject])}(${words(VOLUME_SIDE_WORDS[record.side])})`, `Volume ${record.number}: ${words(VOLUME_SUBJECT_WORDS[record.subject])} (${words(VOLUME_SIDE_WORDS[record.side])})`));
    paper.text(`${say('封卷', 'sealed')} ${time(record.sealedAt ?? '')} · SHA-256 ${record.digest ?? ''}`, { small: true });
    paper.rows(volumeRows(record, writing));
  }
}

function volumeRows({ items }: EvidenceVolume, writing: Writing): Row[] {
  return items.map((item, at): Row => (item.source === 'FILE' ? fileRow(item, at + 1, writing) : linkRow(item, at + 1, writing)));
}

/** How a file came about before the ledger (在线诉讼规则 18). */
function fileRow({ kind, form, hashing, digest, byteCount, provenance, addedBy, addedAt, figure }: EvidenceItem & { readonly source: 'FILE' }, number: number, { say, words, nameOf, time }: Writing): Row {
  const { source, mechanism, producedAt, custody, digestedAt, witness, notarialDeedDigest } = provenance;
  const lines: readonly (string | undefined)[] = [
    `${words(ITEM_FORM_WORDS[form])} · ${say(`${byteCount}字节`, `${byteCount} bytes`)} · ${hashing === 'SALTED' ? say('加盐摘要', 'salted digest') : 'SHA-256'} ${digest}`,
    figure === undefined ? undefined : `${figure.on} · ${yuan(figure.amountFen)}`,
    `${say('来源', 'source')} ${nameOf(source)} · ${words(MECHANISM_WORDS[mechanism])} · ${time(producedAt)}`,
    ...custody.map((one) => `${say('存储', 'kept')} ${words(STORAGE_PLACE_WORDS[one.place])} · ${nameOf(one.holder)} · ${say('自 ', 'since ')}${time(one.since)}`),
    `${say('取摘要', 'digest taken')} ${time(digestedAt)} · ${say('上链', 'onto the ledger')} ${time(addedAt)} · ${nameOf(addedBy)}`,
    witness === undefined ? undefined : `${say('见证', 'witness')} ${nameOf(witness)}`,
    notarialDeedDigest === undefined ? undefined : `${say('保全公证书摘要', 'digest of the deed that preserved it')} ${notarialDeedDigest}`,
  ];
  return [`${number}. ${words(ITEM_KIND_WORDS[kind])}`, lines.filter((line) => line !== undefined).join('\n')];
}

function linkRow({ link, digest, addedAt, addedBy }: EvidenceItem & { readonly source: 'LEDGER' }, number: number, { say, words, nameOf, time }: Writing): Row {
  const which = 'version' in link ? say(` 第${link.version}版`, ` version ${link.version}`) : 'number' in link ? say(` 第${link.number}卷`, ` volume ${link.number}`) : '';
  return [`${number}. ${words(LINK_KIND_WORDS[link.kind])}`, `${say('账本记录', 'record of the ledger')} ${link.id}${which}\nSHA-256 ${digest}\n${say('列入', 'put in')} ${time(addedAt)} · ${nameOf(addedBy)}`];
}

function writeGrants(paper: Paper, { facts, letters, say, words, nameOf, time }: Writing): void {
  const newest = new Map(facts.ofKind('grant').map((fact) => [fact.event.record.id, fact]));
  if (newest.size === 0) return;
  paper.heading(say('授权', 'Grants'));
  paper.rows(
    [...newest.values()].map((fact): Row => {
      const { record } = fact.event;
      const signatories = letters.get(record.id)?.identity.signatories.map(({ name }) => name).join('、');
      const items = record.items.map(({ code, granularity }) => `${code} ${words(GRANULARITY_WORDS[granularity])}`).join(', ');
      const lines = [record.id, `${nameOf(record.recipient)} · ${words(PURPOSE_WORDS[record.purpose])} · ${items}`, `${time(record.from)} – ${time(record.until)}`, `${say('签署', 'given')} ${time(record.givenAt)}${signatories === undefined ? '' : ` ${signatories}`} · ${say('最近一次变动', 'last change')} ${time(record.changedAt)} · ${place(fact)}`];
      return [words(GRANT_STATE_WORDS[record.state]), lines.join('\n')];
    }),
  );
}

function writeReleases(paper: Paper, { facts, say, words, nameOf, time }: Writing): void {
  if (facts.releases.length === 0) return;
  paper.heading(say('信息提供', 'Releases'));
  paper.rows(
    facts.releases.map((fact): Row => {
      const { release } = fact.event;
      const items = release.items.map(({ code, granularity }) => `${code} ${words(GRANULARITY_WORDS[granularity])}`).join(', ');
      return [release.decision === 'PERMIT' ? say('准予', 'permitted') : say('拒绝', 'denied'), `${time(release.claimedTime)} → ${nameOf(release.recipient)}\n${items} · ${words(PURPOSE_WORDS[release.purpose])}${release.reason === undefined ? '' : ` · ${release.reason}`} · ${place(fact)}`];
    }),
  );
}

function writeLoans(paper: Paper, { facts, say, words, time }: Writing): void {
  const reports = facts.ofKind('loan');
  if (reports.length === 0) return;
  paper.heading(say('贷款登记', 'Reports of the loan'));
  paper.rows(
    reports.map((fact): Row => {
      const { state, amountFen, repaidFen, version } = fact.event.record;
      const amounts = [amountFen === undefined ? '' : `${say('金额', 'amount')} ${yuan(amountFen)}`, repaidFen === undefined ? '' : `${say('已还', 'repaid')} ${yuan(repaidFen)}`].filter((one) => one !== '');
      return [words(LOAN_STATE_WORDS[state]), [time(fact.leaf.claimedTime), ...amounts, say(`第${version}版`, `version ${version}`), place(fact)].join(' · ')];
    }),
  );
}

function yuan(fen: number): string {
  return `${Math.floor(fen / 100).toString().replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${String(fen % 100).padStart(2, '0')} CNY`;
}

function verificationWords({ say, description }: Writing): string {
  const law = say(
    '《人民法院在线诉讼规则》第16条:上链后数据一致的,可以认定未经篡改,有相反证据足以推翻的除外;第18条:上链前的真实性由法院结合来源、生成、存储等审查,本页所列为各方登记时的陈述。原件不在包内。',
    'Rules of Online Litigation art. 16: data that agree with the ledger may be found unaltered since, unless evidence to the contrary refutes it; art. 18: what came before the ledger is examined by source, making and keeping, of which this paper lists what the parties stated. The originals are not in the bundle.',
  );
  const how = say(
    'kesu verify 证据包 --trust 信任文件。信任文件须另行取得,不取自本包。核验显示的内容摘要值应与本页一致。',
    'kesu verify BUNDLE --trust TRUST. The trust file comes another way, never from the bundle. The content digest that the verification shows must be the one on this paper.',
  );
  return [how, law, ...(description.demonstration ? [say('演示数据,非真实业务:时间戳由演示机构签发,对外不证明时间。', 'Demonstration data, not real business: the timestamps are by a development authority and prove no time to others.')] : [])].join('\n');
}
