import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enforcementFindings, instantAfter, ITEM_KIND_WORDS, loanReportId, MINUTE_MILLIS, saltedBytesDigest, sealedItems, shanghaiDate, toBase64url, utf8ToBytes, volumeDigest, volumeIdOf, type DebtTerms, type EvidenceCase, type EvidenceVolume, type ItemKind, type Loan, type OfferedItem } from '@kesu/chaincode/domain';
import type { Seeding } from './seeding';
import type { Step } from './step';

type CaseStep = Step & { readonly verb: 'CASE' };

const NOTARY = 'example-notary';
const COURT = 'example-court';

/** 300 万元 in twelve parts, one each 30 days from the draw on: as a bank's repayment plan has it. */
const INSTALMENTS = 12;
const INSTALMENT_FEN = 25_000_000;
const INSTALMENT_DAYS = 30;
/** From the deed to the draw, days. */
const DRAW_AFTER_DAYS = 1;

const CONTRACT_KINDS: readonly ItemKind[] = ['IDENTITY_OF_CREDITOR', 'IDENTITY_OF_DEBTOR', 'LOAN_CONTRACT', 'ENFORCEMENT_PROMISE', 'VERIFICATION_AGREEMENT'];
const NOTARY_KINDS: readonly ItemKind[] = ['INQUIRY_RECORD', 'APPEARANCE', 'INFORMATION_GIVEN'];

/** Carries out the steps of cases: the papers of the two defaulted loans, lodged by bank and notary, each with a file beside the demonstration that its digest is of. */
export class CaseSeeding {
  constructor(
    private readonly seeding: Seeding,
    private readonly loanRef: (loan: string) => string,
    private readonly releaseId: (release: string) => string,
  ) {}

  /** The id of a case by its name in the stories. */
  idOf(name: string): string {
    return this.seeding.cast.seeded.id(`case ${name}`);
  }

  /** One stage of a case's life. */
  async carryOut(step: CaseStep): Promise<unknown> {
    return this.stages[step.to](step);
  }

  private readonly stages: Readonly<Record<CaseStep['to'], (step: CaseStep) => Promise<unknown>>> = {
    NOTARIZED: (step) => this.notarize(step),
    ENFORCEMENT_REQUESTED: (step) => this.request(step),
    VERIFYING: ({ case: name }) => this.seeding.submit(NOTARY, 'notarization:verify', { id: this.idOf(name) }),
    ENFORCEMENT_CERTIFIED: (step) => this.certify(step),
    ENFORCEMENT_FILED: (step) => this.seeding.submit(step.recipient, 'notarization:file-enforcement', { id: this.idOf(step.case), court: COURT, documentDigest: this.paper(step, 'filing') }),
    ENFORCEMENT_REFUSED: (step) => this.seeding.submit(NOTARY, 'notarization:refuse-enforcement', { id: this.idOf(step.case), reason: 'debtor-shows-payment', documentDigest: this.paper(step, 'refusal'), litigationId: this.idOf(`${step.case}-litigation`) }),
    LITIGATION: (step) => this.litigate(step),
  };

  private async notarize(step: CaseStep): Promise<void> {
    const { recipient, platform, enterprise, loan } = step;
    const id = this.idOf(step.case);
    await this.seeding.submit(recipient, 'evidence:open', { id, kind: 'ENFORCEABLE_DEBT', party: 'RECIPIENT', enterprise: this.seeding.enterprise(enterprise).subjectRef, platform, recipient, authority: NOTARY, loanRef: this.loanRef(loan), terms: this.terms() });
    await this.lodge(step, id, 1, recipient, 'CONTRACT', CONTRACT_KINDS);
    await this.seeding.submit(recipient, 'notarization:submit', { id });
    await this.seeding.submit(NOTARY, 'notarization:accept', { id, documentDigest: this.paper(step, 'acceptance') });
    await this.lodge(step, id, 2, NOTARY, 'PROCEDURE', NOTARY_KINDS);
    await this.seeding.submit(NOTARY, 'notarization:issue-deed', { id, documentDigest: this.paper(step, 'deed') });
  }

  private async request(step: CaseStep): Promise<void> {
    const { recipient, loan } = step;
    const id = this.idOf(step.case);
    const { version } = await this.seeding.read<Loan>('loan', this.loanRef(loan));
    const reports = Array.from({ length: version }, (_, index): OfferedItem => ({ source: 'LEDGER', link: { kind: 'LOAN_EVENT', id: this.loanRef(loan), version: index + 1 } }));
    const released: OfferedItem = { source: 'LEDGER', link: { kind: 'RELEASE', id: this.releaseId(`${step.case}-release-2`) } };
    await this.lodge(step, id, 3, recipient, 'COLLECTION', ['ENFORCEMENT_APPLICATION', 'ACCELERATION_NOTICE', 'COLLECTION_RECORD'], [...reports, released]);
    await this.seeding.submit(recipient, 'notarization:request-enforcement', { id, documentDigest: this.paper(step, 'application'), expenses: [], accelerated: { on: shanghaiDate(this.seeding.at), notice: { volume: 3, item: 2 } } });
  }

  private async certify(step: CaseStep): Promise<void> {
    const id = this.idOf(step.case);
    await this.lodge(step, id, 4, NOTARY, 'VERIFICATION', ['VERIFICATION_RECORD']);
    const evidenceCase = await this.seeding.read<EvidenceCase>('evidence-case', id);
    const volumes = await Promise.all(evidenceCase.volumes.map(({ number }) => this.seeding.read<EvidenceVolume>('evidence-volume', volumeIdOf(id, number))));
    const ref = this.loanRef(step.loan);
    const { version } = await this.seeding.read<Loan>('loan', ref);
    const reports = await Promise.all(Array.from({ length: version }, (_, index) => this.seeding.read<Loan>('loan-report', loanReportId({ ref, version: index + 1 }))));
    const { sum } = enforcementFindings({ evidenceCase, items: sealedItems(volumes), reports, on: shanghaiDate(this.seeding.at) });
    const applyBefore = shanghaiDate(instantAfter(this.seeding.at, 2 * 365 * 24 * 60 * MINUTE_MILLIS));
    await this.seeding.submit(NOTARY, 'notarization:certify-enforcement', { id, documentDigest: this.paper(step, 'certificate'), totalFen: sum?.totalFen ?? 0, applyBefore });
  }

  /** The lawsuit takes over the sealed contract volume, and what the debtor says to have paid. */
  private async litigate(step: CaseStep): Promise<void> {
    const id = this.idOf(`${step.case}-litigation`);
    await this.lodge(step, id, 1, step.recipient, 'CONTRACT', ['CLAIM', 'REPAYMENT_RECORD'], [{ source: 'LEDGER', link: { kind: 'VOLUME', id: this.idOf(step.case), number: 1 } }]);
  }

  private terms(): DebtTerms {
    const instalments = Array.from({ length: INSTALMENTS }, (_, index) => ({ dueOn: shanghaiDate(instantAfter(this.seeding.at, (DRAW_AFTER_DAYS + INSTALMENT_DAYS * (index + 1)) * 24 * 60 * MINUTE_MILLIS)), principalFen: INSTALMENT_FEN }));
    return { principalFen: INSTALMENTS * INSTALMENT_FEN, ratePpm: 43_500, overdueRatePpm: 65_250, dayBasis: 360, allocation: 'LAW', verificationWay: 'TELEPHONE', guaranteed: false, instalments };
  }

  private paper(step: CaseStep, name: string): string {
    return this.seeding.cast.seeded.documentDigest(`${name} of ${step.case}`);
  }

  private async lodge(step: CaseStep, id: string, number: number, by: string, subject: EvidenceVolume['subject'], kinds: readonly ItemKind[], links: readonly OfferedItem[] = []): Promise<void> {
    await this.seeding.submit(by, 'evidence:open-volume', { id, subject });
    const files = await Promise.all(kinds.map((kind) => this.file(step, by, number, kind)));
    await this.seeding.submit(by, 'evidence:add-items', { id, volume: number, items: [...files, ...links] });
    const volume = await this.seeding.read<EvidenceVolume>('evidence-volume', volumeIdOf(id, number));
    await this.seeding.submit(by, 'evidence:seal-volume', { id, volume: number, digest: volumeDigest(this.seeding.options.network, volume) });
  }

  /** Writes an invented paper with its salt, so that anyone can compare it with the digest on the ledger. */
  private async file(step: CaseStep, by: string, volume: number, kind: ItemKind): Promise<OfferedItem> {
    const { seeded } = this.seeding.cast;
    const { zh, en } = ITEM_KIND_WORDS[kind];
    const text = `演示数据,非真实业务\n\n${zh} · ${en}\n\n示范案件 ${step.case} · 第${volume}卷\n借款本金 300 万元,年利率 4.35%,逾期年利率 6.525%,按月等额还本付息。\n`;
    const salt = seeded.bytes(`salt of ${kind} ${volume} of ${step.case} ${step.to}`, 32);
    const directory = join(this.seeding.options.directory, 'case-files', step.to === 'LITIGATION' ? `${step.case}-litigation` : step.case);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `${volume}-${kind.toLowerCase()}.json`), `${JSON.stringify({ kind, salt: toBase64url(salt), text }, null, 2)}\n`);
    const { at } = this.seeding;
    const held = by === NOTARY ? 'NOTARY_SYSTEM' : 'DOCUMENT_SYSTEM';
    return { source: 'FILE', kind, form: 'DOCUMENT', hashing: 'SALTED', digest: saltedBytesDigest(salt, utf8ToBytes(text)), byteCount: utf8ToBytes(text).length, provenance: { source: by, mechanism: 'SIGNED_ONLINE', producedAt: at, custody: [{ place: held, holder: by, since: at }], digestedAt: at } };
  }
}
