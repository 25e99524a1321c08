import type { CommandOf } from '@kesu/chaincode';
import { instantOf, packageDigest, volumeDigest, type DebtTerms, type EvidenceCase, type EvidenceVolume, type ItemKind, type OfferedItem } from '@kesu/chaincode/domain';
import { DOCUMENT, type LedgerWorld, type WorldEnterprise } from './ledger-world';

/** 300 万元 in fen. */
export const PRINCIPAL_FEN = 300_000_000;

/** Half a year at 4.35 %, 6.525 % once overdue, all due on 2026-06-30. */
export const TERMS: DebtTerms = { principalFen: PRINCIPAL_FEN, ratePpm: 43_500, overdueRatePpm: 65_250, dayBasis: 360, allocation: 'LAW', verificationWay: 'TELEPHONE', guaranteed: false, instalments: [{ dueOn: '2026-06-30', principalFen: PRINCIPAL_FEN }] };

/** What a deed needs, by the side that lodges it. */
export const DEED_ITEMS = {
  PARTY: ['IDENTITY_OF_CREDITOR', 'IDENTITY_OF_DEBTOR', 'LOAN_CONTRACT', 'ENFORCEMENT_PROMISE', 'VERIFICATION_AGREEMENT'],
  AUTHORITY: ['INQUIRY_RECORD', 'APPEARANCE', 'INFORMATION_GIVEN'],
} as const satisfies Readonly<Record<string, readonly ItemKind[]>>;

/** Cases of one enterprise with `example-bank` over a {@link LedgerWorld}, before `example-notary` and `example-court`. */
export class CaseWorld {
  constructor(
    readonly world: LedgerWorld,
    readonly by: WorldEnterprise,
  ) {}

  /** A loan of 300 万元, reported up to a state. */
  async loan(...states: CommandOf<'loans:advance'>['to'][]): Promise<string> {
    const ref = this.world.nextId();
    await this.world.submit('example-bank', 'loans:open', { ref, enterprise: this.by.ref, recipient: 'example-bank', platform: 'city-platform', product: 'CREDIT-1', amountFen: PRINCIPAL_FEN });
    for (const to of states) await this.report(ref, to);
    return ref;
  }

  report(ref: string, to: CommandOf<'loans:advance'>['to'], repaidFen?: number) {
    return this.world.submit('example-bank', 'loans:advance', { ref, to, ...(repaidFen === undefined ? {} : { repaidFen }) });
  }

  /** Opens a case as the bank; unless changed an enforceable debt over `loanRef`. */
  async open(change: Partial<CommandOf<'evidence:open'>> = {}, as = 'example-bank'): Promise<string> {
    const id = this.world.nextId();
    const isNotarial = change.kind === undefined || change.kind === 'ENFORCEABLE_DEBT' || change.kind === 'PRESERVATION';
    const isDebt = change.kind === undefined || change.kind === 'ENFORCEABLE_DEBT';
    await this.world.submit(as, 'evidence:open', { id, kind: 'ENFORCEABLE_DEBT', party: 'RECIPIENT', enterprise: this.by.ref, platform: 'city-platform', recipient: 'example-bank', ...(isNotarial ? { authority: 'example-notary' } : {}), ...(isDebt ? { terms: TERMS } : {}), ...change });
    return id;
  }

  async case(id: string): Promise<EvidenceCase> {
    const found = await this.world.read<EvidenceCase>('evidence-case', id);
    if (found === undefined) throw new Error(`no case ${id}`);
    return found;
  }

  async volume(id: string, number: number): Promise<EvidenceVolume> {
    const found = await this.world.read<EvidenceVolume>('evidence-volume', `${id}.${number}`);
    if (found === undefined) throw new Error(`no volume ${number}`);
    return found;
  }

  /** A salted document, or what is given over it. */
  file(kind: ItemKind, change: object = {}): OfferedItem {
    const at = instantOf(this.world.clock.time);
    return { source: 'FILE', kind, form: 'DOCUMENT', hashing: 'SALTED', digest: DOCUMENT, byteCount: 1_000, provenance: { source: 'example-bank', mechanism: 'SIGNED_ONLINE', producedAt: at, custody: [{ place: 'DOCUMENT_SYSTEM', holder: 'example-bank', since: at }], digestedAt: at }, ...change } as OfferedItem;
  }

  /** Opens a volume with items, unsealed. @returns its number. */
  async fill(id: string, items: readonly OfferedItem[], as = 'example-bank', subject: CommandOf<'evidence:open-volume'>['subject'] = 'CONTRACT'): Promise<number> {
    await this.world.submit(as, 'evidence:open-volume', { id, subject });
    const number = (await this.case(id)).volumes.length;
    await this.world.submit(as, 'evidence:add-items', { id, volume: number, items: [...items] });
    return number;
  }

  /** Seals a volume by the digest of what it holds. */
  async seal(id: string, number: number, as = 'example-bank'): Promise<void> {
    const volume = await this.volume(id, number);
    await this.world.submit(as, 'evidence:seal-volume', { id, volume: number, digest: volumeDigest(this.world.ledger.network, volume) });
  }

  /** A sealed volume with items. */
  async lodge(id: string, items: readonly OfferedItem[], as = 'example-bank'): Promise<number> {
    const number = await this.fill(id, items, as);
    await this.seal(id, number, as);
    return number;
  }

  /** The digest of the case's sealed volumes. */
  async packageOf(id: string): Promise<string> {
    return packageDigest(this.world.ledger.network, await this.case(id));
  }

  /** An enforceable debt whose deed is issued. */
  async notarized(loanRef: string): Promise<string> {
    const id = await this.open({ loanRef });
    await this.lodge(id, DEED_ITEMS.PARTY.map((kind) => this.file(kind)));
    await this.world.submit('example-bank', 'notarization:submit', { id });
    await this.world.submit('example-notary', 'notarization:accept', { id, documentDigest: DOCUMENT });
    await this.lodge(id, DEED_ITEMS.AUTHORITY.map((kind) => this.file(kind)), 'example-notary');
    await this.world.submit('example-notary', 'notarization:issue-deed', { id, documentDigest: DOCUMENT });
    return id;
  }
}
