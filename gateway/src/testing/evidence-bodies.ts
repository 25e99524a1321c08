import type { ItemKind } from '@kesu/chaincode/domain';
import { DOCUMENT } from './test-cast';

/** A file item of a test, salted, made and digested at `at`. */
export function aFile(kind: ItemKind, at: string, change: object = {}) {
  return {
    source: 'FILE',
    kind,
    form: 'DOCUMENT',
    hashing: 'SALTED',
    digest: DOCUMENT,
    byteCount: 2_048,
    provenance: { source: 'bank-one', mechanism: 'SIGNED_ONLINE', producedAt: at, custody: [{ place: 'DOCUMENT_SYSTEM', holder: 'bank-one', since: at }], digestedAt: at },
    ...change,
  };
}

/** 50 万元 until 2026-06-30 at 4.35 %, as the test world's loans. */
export const TERMS = { principalFen: 50_000_000, ratePpm: 43_500, overdueRatePpm: 65_250, dayBasis: 360, allocation: 'LAW', verificationWay: 'TELEPHONE', guaranteed: false, instalments: [{ dueOn: '2026-06-30', principalFen: 50_000_000 }] };

/** What a deed needs, by who lodges it. */
export const PARTY_ITEMS: readonly ItemKind[] = ['IDENTITY_OF_CREDITOR', 'IDENTITY_OF_DEBTOR', 'LOAN_CONTRACT', 'ENFORCEMENT_PROMISE', 'VERIFICATION_AGREEMENT'];
export const NOTARY_ITEMS: readonly ItemKind[] = ['INQUIRY_RECORD', 'APPEARANCE', 'INFORMATION_GIVEN'];
