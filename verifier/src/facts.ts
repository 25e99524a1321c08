import type { RecordEvent, RecordKinds, Release, SignedStatement } from '@kesu/chaincode/domain';
import type { Fact } from './bundle';
import { VerificationFailure } from './failure';

/** A fact about a record. */
export type RecordFact<K extends keyof RecordKinds> = Fact & { readonly event: RecordEvent<K> };

/** A fact about a release. */
export type ReleaseFact = Fact & { readonly event: { readonly kind: 'release'; readonly release: Release } };

const ID_OF: { readonly [K in keyof RecordKinds]?: (record: RecordKinds[K]) => string } = {
  'rule-book': () => 'current',
  participant: ({ id }) => id,
  'catalogue-item': ({ code }) => code,
  template: ({ id, version }) => `${id}@${version}`,
  enterprise: ({ ref }) => ref,
  signatories: ({ ref }) => ref,
  loan: ({ ref }) => ref,
  'ingest-batch': ({ manifest }) => manifest.id,
  grant: ({ id }) => id,
  'evidence-case': ({ id }) => id,
  'evidence-volume': ({ id }) => id,
};

/** A bundle\u2019s facts, looked up by what they are about. */
export class Facts {
  constructor(readonly all: readonly Fact[]) {}

  /** Facts of a kind of record. */
  ofKind<K extends keyof RecordKinds>(kind: K): readonly RecordFact<K>[] {
    return this.all.filter((fact): fact is RecordFact<K> => fact.event.kind === kind);
  }

  get releases(): readonly ReleaseFact[] {
    return this.all.filter((fact): fact is ReleaseFact => fact.event.kind === 'release');
  }

  /** Grants and transitions that an enterprise signed. */
  get signed(): readonly (RecordFact<'grant'> & { readonly event: { readonly signed: SignedStatement } })[] {
    return this.ofKind('grant').filter((fact): fact is RecordFact<'grant'> & { readonly event: RecordEvent<'grant'> & { readonly signed: SignedStatement } } => fact.event.signed !== undefined);
  }

  /** The newest fact shown about a record before a leaf; undefined when none is shown. */
  before<K extends keyof RecordKinds>(kind: K, id: string, index: number): RecordFact<K> | undefined {
    const idOf = ID_OF[kind] as ((record: RecordKinds[K]) => string) | undefined;
    return this.ofKind(kind).findLast((fact) => fact.leaf.index < index && idOf?.(fact.event.record) === id);
  }

  /** The record before a leaf. @throws VerificationFailure fact-missing. */
  need<K extends keyof RecordKinds>(kind: K, id: string, index: number): RecordKinds[K] {
    const fact = this.before(kind, id, index);
    if (fact === undefined) throw new VerificationFailure('fact-missing', `the ${kind} ${id} before leaf ${index} is not in the bundle`);
    return fact.event.record;
  }
}
