import { sha256, sha256Hex, toBase64, utf8ToBytes, type WordLanguage } from '@kesu/chaincode/domain';
import type { CheckResult } from './checks/check';
import { checkRests, checkRule, checkTitle, checkValue, SIGNS } from './report/check-lines';
import { element, escape, toHtml, type ReportElement } from './report/element';
import { legalChecklist } from './report/legal-checklist';
import { notProven } from './report/not-proven';
import { REPORT_STYLE } from './report/report-style';
import { REPORT_TEXTS, VERDICT_MEANINGS, VERDICT_WORDS, type ReportText } from './report/report-texts';
import type { Trust } from './trust';
import { VERDICTS, type Verification } from './verify-bundle';

/** A verification as lines for people. */
export function verificationLines({ verdict, checks }: Verification): string[] {
  const lines = checks.map((check) => `${SIGNS[check.state]} ${check.name}${check.code === undefined ? '' : ` [${check.code}]`}: ${check.value}\n    ${check.rule} · rests on ${check.restsOn}`);
  return [...lines, '', `${VERDICT_WORDS[verdict].zh} ${VERDICT_WORDS[verdict].en}`];
}

/** What was verified, when and with which trust file: what a report names beside the verification. */
export interface ReportSubject {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the file and of the trust file, hex. */
  readonly digest: string;
  readonly trustDigest: string;
  /** When the verification ran by the clock of its machine, RFC 3339 UTC. */
  readonly at: string;
}

/** A {@link ReportSubject} of a file and the trust file that it was verified with. */
export function reportSubject(name: string, file: Uint8Array, trustFile: Uint8Array, at: string): ReportSubject {
  return { name, bytes: file.length, digest: sha256Hex(file), trustDigest: sha256Hex(trustFile), at };
}

/** A report’s parts in one language. */
class ReportWriter {
  constructor(
    private readonly subject: ReportSubject,
    private readonly verification: Verification,
    private readonly trust: Trust,
    private readonly language: WordLanguage,
  ) {}

  whole(): ReportElement {
    const isDemonstration = this.verification.description?.demonstration === true;
    const demonstration = isDemonstration ? [element('p', 'demonstration', this.#text('demonstration'))] : [];
    return element(
      'article',
      isDemonstration ? 'report of-demonstration' : 'report',
      element('header', '', element('h1', '', this.#text('title')), element('p', 'quiet', this.subject.name), ...demonstration),
      this.#section('result', this.#outcomes()),
      this.#section('object', this.#object()),
      this.#section('checks', this.#checks()),
      this.#section('notProven', element('ul', '', ...notProven(this.verification, this.trust, this.language).map((one) => element('li', '', one)))),
      this.#section('checklist', this.#checklist()),
      this.#section('trust', this.#trusted()),
      element('div', 'signing', element('div', '', this.#text('verifier')), element('div', '', this.#text('date'))),
      element('footer', '', element('p', 'quiet', this.#text('foot')), ...demonstration),
    );
  }

  #text(name: ReportText): string {
    return REPORT_TEXTS[name][this.language];
  }

  #section(title: ReportText, ...children: readonly ReportElement[]): ReportElement {
    return element('section', '', element('h2', '', this.#text(title)), ...children);
  }

  #outcomes(): ReportElement {
    return element(
      'div',
      'outcomes',
      ...VERDICTS.map((verdict) => {
        const isChosen = verdict === this.verification.verdict;
        return element('div', isChosen ? `outcome chosen ${verdict}` : 'outcome', element('strong', '', `${isChosen ? '■' : '□'} ${VERDICT_WORDS[verdict][this.language]}`), element('span', 'quiet', VERDICT_MEANINGS[verdict][this.language]));
      }),
    );
  }

  #object(): ReportElement {
    const { name, bytes, digest, trustDigest, at } = this.subject;
    const { description } = this.verification;
    const rows: [ReportText, string][] = [['file', `${name}, ${bytes} ${this.#text('bytes')}`], ['digest', digest], ['trustDigest', trustDigest], ['at', at]];
    if (description !== undefined) {
      const { id, network, issuer, ledger, sealedAt, parties } = description;
      rows.push(['bundle', id], ['network', `${network}, ${this.#text(ledger)}`], ['issuer', `${issuer.participant} (${issuer.mspId})`], ['sealedAt', sealedAt], ['parties', parties.join(', ')]);
    }
    return this.#list(rows.map(([term, value]) => [term, [value]]));
  }

  #list(rows: readonly (readonly [ReportText, readonly string[]])[]): ReportElement {
    return element('dl', '', ...rows.flatMap(([term, values]) => values.map((value, at) => [element('dt', '', at === 0 ? this.#text(term) : ''), element('dd', '', element('code', '', value))]).flat()));
  }

  #checks(): ReportElement {
    const rows = this.verification.checks.map((check) => this.#check(check));
    return this.#table([['sign', ''], ['name', this.#text('check')], ['found', this.#text('found')], ['rule', this.#text('rule')], ['rests', this.#text('rests')]], rows);
  }

  #check(check: CheckResult): ReportElement {
    const code = check.code === undefined ? [] : [element('code', '', `[${check.code}] `)];
    return element(
      'tr',
      check.state,
      element('td', 'sign', SIGNS[check.state]),
      element('td', 'name', checkTitle(check.name, this.language), element('div', 'quiet', element('code', '', check.name))),
      element('td', 'found', ...code, checkValue(check, this.language)),
      element('td', 'rule quiet', checkRule(check, this.language)),
      element('td', 'rests quiet', checkRests(check, this.language)),
    );
  }

  #checklist(): ReportElement {
    const rows = legalChecklist(this.verification, this.trust, this.language).map(({ rule, asks, answers }) =>
      element('tr', '', element('td', 'article', rule), element('td', 'asks quiet', asks), element('td', '', ...answers.map((one) => element('div', '', one)))),
    );
    return this.#table([['article', this.#text('article')], ['asks', this.#text('asks')], ['', this.#text('answer')]], rows);
  }

  #table(heads: readonly (readonly [className: string, text: string])[], rows: readonly ReportElement[]): ReportElement {
    return element('table', '', element('thead', '', element('tr', '', ...heads.map(([className, text]) => element('th', className, text)))), element('tbody', '', ...rows));
  }

  #trusted(): ReportElement {
    const { file, organisations, timestampAuthorities, sm2Roots } = this.trust;
    const roots = [...organisations].flatMap(([mspId, { roots: certificates }]) => certificates.map(({ der }) => `${mspId} ${sha256Hex(der)}`));
    const stamps = timestampAuthorities.flatMap(({ name, development, roots: certificates }) => certificates.map(({ der }) => `${name}${development ? this.#text('development') : ''} ${sha256Hex(der)}`));
    const atLeast = `${this.#text('atLeast')} ${file.cosigners.threshold} / ${file.cosigners.keys.length}`;
    return this.#list([
      ['operators', [file.operators.join(', ')]],
      ['log', file.log.keys],
      ['cosigners', [atLeast, ...file.cosigners.keys]],
      ['roots', [...roots, ...sm2Roots.map(({ der }) => `SM2 ${sha256Hex(der)}`)]],
      ['stamps', stamps.length === 0 ? ['–'] : stamps],
    ]);
  }
}

/** A printable report of one file’s verification: result, checks, what is not proven, the law’s questions, what was trusted. */
export function reportOf(subject: ReportSubject, verification: Verification, trust: Trust, language: WordLanguage): ReportElement {
  return new ReportWriter(subject, verification, trust, language).whole();
}

/** {@link reportOf} as a page by itself, without scripts; it loads nothing. */
export function reportPage(subject: ReportSubject, verification: Verification, trust: Trust, language: WordLanguage): string {
  const style = `${REPORT_STYLE}body{margin:1.5rem}@media print{body{margin:0}}`;
  return [
    `<!doctype html><html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${toBase64(sha256(utf8ToBytes(style)))}'; base-uri 'none'; form-action 'none'">`,
    `<title>${escape(`${REPORT_TEXTS.title[language]} ${subject.name}`)}</title><style>${style}</style></head><body>`,
    toHtml(reportOf(subject, verification, trust, language)),
    '</body></html>\n',
  ].join('\n');
}
