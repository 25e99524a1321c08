import { actorOn, assertProvenanceIsPossible, canonicalJson, digestOf, DomainError, moveCase, packageDigest, volumeDigest, volumeIdOf, type EvidenceCase, type EvidenceItem, type EvidenceVolume, type LedgerLink } from '@kesu/chaincode/domain';
import type { Bundle } from '../bundle';
import { ensure, VerificationFailure, type FailureCode } from '../failure';
import type { Facts, RecordFact } from '../facts';
import { holds, unknown, type Check, type Finding } from './check';

type CaseFact = RecordFact<'evidence-case'>;
type VolumeFact = RecordFact<'evidence-volume'>;

/** Runs a check on bundles of a case; of a loan’s there is nothing to look at. */
function ofCase({ bundle }: { readonly bundle: Bundle }, look: (caseId: string) => Finding): Finding {
  const { caseId } = bundle.description;
  return caseId === undefined ? unknown('the bundle is of no case') : look(caseId);
}

/** The case’s events, every version from the opening on. @throws VerificationFailure fact-missing, fact-foreign, case-life-broken. */
function lifeOf(facts: Facts, caseId: string): readonly CaseFact[] {
  const all = facts.ofKind('evidence-case');
  ensure(all.every(({ event }) => event.record.id === caseId), 'fact-foreign', 'an event is of another case');
  ensure(all.length > 0, 'fact-missing', `no event of the case ${caseId} is in the bundle`);
  all.forEach(({ event, leaf }, at) => ensure(event.record.version === at + 1, 'fact-missing', `leaf ${leaf.index} is version ${event.record.version} of the case: version ${at + 1} is not in the bundle`));
  return all;
}

/** The case went the way that the law knows, each step by who may take it. */
export const caseLifeCheck: Check = {
  name: 'case-life',
  rule: '公证程序规则; docs/formats/evidence-case.md, lives',
  isRequired: false,
  run: ({ facts, bundle, trust }) =>
    ofCase({ bundle }, (caseId) => {
      const life = lifeOf(facts, caseId);
      const [opening] = life;
      ensure(opening?.event.record.state === 'DRAFT' && opening.event.record.volumes.length === 0 && opening.event.record.enterprise === bundle.description.enterprise, 'case-life-broken', 'the case does not begin as an empty draft of the enterprise');
      life.slice(1).forEach((fact, at) => assertStep(life[at] ?? fact, fact, facts, trust.file.network));
      const { kind, state } = life.at(-1)?.event.record ?? opening.event.record;
      return holds(`${kind}: ${statesOf(life).join(' → ')}; ${state} up to leaf ${life.at(-1)?.leaf.index ?? 0}, nothing is said of what came after`, 'the ledger’s record of who acted');
    }),
};

function statesOf(life: readonly CaseFact[]): string[] {
  return life.flatMap(({ event }, at) => (event.record.state === life[at - 1]?.event.record.state ? [] : [event.record.state]));
}

/** What of a case no step changes. */
function fixedOf({ id, kind, party, enterprise, platform, recipient, loanRef, origin, openedAt }: EvidenceCase): object {
  return { id, kind, party, enterprise, platform, recipient: recipient ?? null, loanRef: loanRef ?? null, origin: origin ?? null, openedAt };
}

function assertStep(before: CaseFact, after: CaseFact, facts: Facts, network: string): void {
  const { record: former } = before.event;
  const { record, actor } = after.event;
  const { index, claimedTime } = after.leaf;
  ensure(canonicalJson(fixedOf(former)) === canonicalJson(fixedOf(record)) && record.changedAt === claimedTime, 'case-life-broken', `leaf ${index} changes what no step of a case changes`);
  const role = facts.need('participant', actor, index).role;
  const side = actorOn(former, { id: actor, role });
  if (record.state === former.state) ensure(side !== undefined, 'case-life-broken', `${actor}, who acted at leaf ${index}, has no part in the case`);
  else asFailure('case-life-broken', `leaf ${index}`, () => moveCase(former, record.state, side, claimedTime));
  if (record.state !== 'HANDED_OVER' || former.state === record.state) return;
  ensure(record.handover?.packageDigest === packageDigest(network, former), 'case-package-mismatch', `what was handed over at leaf ${index} is not the volumes sealed until then`);
}

function asFailure(code: FailureCode, where: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) throw new VerificationFailure(code, `${where}: ${error.detail}`);
    throw error;
  }
}

/** The case’s sealed volumes, each with its events. @throws VerificationFailure fact-missing. */
function sealedVolumes(facts: Facts, life: readonly CaseFact[]): readonly (readonly VolumeFact[])[] {
  const newest = life.at(-1)?.event.record;
  const sealed = (newest?.volumes ?? []).filter(({ digest }) => digest !== undefined);
  return sealed.map(({ number }) => {
    const events = facts.ofKind('evidence-volume').filter(({ event }) => event.record.id === volumeIdOf(newest?.id ?? '', number));
    ensure(events.length > 0, 'fact-missing', `volume ${number} of the case is not in the bundle`);
    events.forEach(({ event }, at) => ensure(event.record.version === at + 1, 'fact-missing', `version ${at + 1} of volume ${number} is not in the bundle`));
    return events;
  });
}

/** Each sealed volume is the one that its digest and its case name, and grew only by items put behind. */
export const volumeCheck: Check = {
  name: 'volumes',
  rule: 'docs/formats/evidence-case.md, volumes and items 1–2',
  isRequired: false,
  run: ({ facts, bundle, trust }) =>
    ofCase({ bundle }, (caseId) => {
      const life = lifeOf(facts, caseId);
      const volumes = sealedVolumes(facts, life);
      ensure(volumes.length > 0, 'fact-missing', 'no sealed volume is in the bundle');
      for (const events of volumes) assertVolume(events, life, trust.file.network);
      const words = volumes.map((events) => events.at(-1)?.event.record).map((volume) => `${volume?.number ?? 0} (${volume?.side ?? ''}, ${volume?.items.length ?? 0} items)`);
      return holds(`sealed: ${words.join(', ')}`, 'SHA-256 over the ordered items, stated by who sealed');
    }),
};

function assertVolume(events: readonly VolumeFact[], life: readonly CaseFact[], network: string): void {
  events.forEach((fact, at) => {
    const before = events[at - 1]?.event.record;
    const { record } = fact.event;
    ensure(before === undefined ? record.items.length === 0 && record.state === 'OPEN' : grewFrom(before, record), 'volume-life-broken', `leaf ${fact.leaf.index} changes volume ${record.number} otherwise than by items put behind its last, or by sealing`);
  });
  const last = events.at(-1)?.event.record;
  const head = life.at(-1)?.event.record.volumes.find(({ number }) => number === last?.number);
  if (last === undefined || head === undefined) return;
  ensure(last.state === 'SEALED' && last.digest === volumeDigest(network, last) && head.digest === last.digest, 'volume-digest-mismatch', `volume ${last.number} is not what its digest says`);
  ensure(head.items === last.items.length && head.side === last.side && head.subject === last.subject, 'volume-digest-mismatch', `the case lists volume ${last.number} otherwise`);
}

function grewFrom(before: EvidenceVolume, after: EvidenceVolume): boolean {
  const rest = ({ items: _items, state: _state, digest: _digest, sealedAt: _sealedAt, version: _version, ...fixed }: EvidenceVolume): object => fixed;
  const kept = canonicalJson(after.items.slice(0, before.items.length)) === canonicalJson(before.items);
  const isStep = after.state === 'SEALED' ? after.items.length === before.items.length : after.items.length > before.items.length;
  return before.state === 'OPEN' && kept && isStep && canonicalJson(rest(before)) === canonicalJson(rest(after));
}

/** How each item came about before the ledger, and who put it there when. */
export const itemCheck: Check = {
  name: 'item-provenance',
  rule: '人民法院在线诉讼规则 art. 18; docs/formats/evidence-case.md, volumes and items 4',
  isRequired: false,
  run: ({ facts, bundle }) =>
    ofCase({ bundle }, (caseId) => {
      const files: (EvidenceItem & { readonly source: 'FILE' })[] = [];
      for (const events of sealedVolumes(facts, lifeOf(facts, caseId))) {
        events.forEach((fact, at) => fact.event.record.items.slice(events[at - 1]?.event.record.items.length ?? 0).forEach((item) => assertAdded(item, fact)));
        for (const item of events.at(-1)?.event.record.items ?? []) if (item.source === 'FILE') files.push(item);
      }
      const mechanisms = [...new Set(files.map(({ provenance }) => provenance.mechanism))].sort().map((one) => `${files.filter(({ provenance }) => provenance.mechanism === one).length} ${one}`);
      const witnessed = files.filter(({ provenance }) => provenance.witness !== undefined || provenance.notarialDeedDigest !== undefined).length;
      return holds(`${files.length} files: ${mechanisms.join(', ') || 'none'}; ${witnessed} with a witness or a deed; the originals are not in the bundle`, 'what the party and the authority said when they lodged them');
    }),
};

function assertAdded(item: EvidenceItem, { leaf, event }: VolumeFact): void {
  ensure(item.addedAt === leaf.claimedTime && item.addedBy === event.actor, 'item-added-otherwise', `an item of volume ${event.record.number} says to have come otherwise than by leaf ${leaf.index}`);
  if (item.source === 'FILE') asFailure('item-provenance-impossible', `volume ${event.record.number}`, () => assertProvenanceIsPossible(item.provenance, item.addedAt, ''));
}

/** What the case links to on the ledger is in the bundle, and is what was linked. */
export const linkCheck: Check = {
  name: 'case-links',
  rule: 'docs/formats/evidence-case.md, volumes and items 5',
  isRequired: false,
  run: ({ facts, bundle, trust }) =>
    ofCase({ bundle }, (caseId) => {
      const items = sealedVolumes(facts, lifeOf(facts, caseId)).flatMap((events) => events.at(-1)?.event.record.items ?? []);
      const linked = items.filter((item) => item.source === 'LEDGER');
      for (const { link, digest } of linked) {
        const found = linkedDigest(link, facts, trust.file.network);
        ensure(found !== undefined, 'link-missing', `the ${link.kind} ${link.id} that the case links to is not in the bundle`);
        ensure(found === digest, 'link-digest-mismatch', `the ${link.kind} ${link.id} in the bundle is not the one that the case links to`);
      }
      return linked.length === 0 ? unknown('the case links to no record of the ledger') : holds(linked.map(({ link }) => `${link.kind} ${link.id}`).join(', '), 'the records’ digests, taken by the contract');
    }),
};

function linkedDigest(link: LedgerLink, facts: Facts, network: string): string | undefined {
  switch (link.kind) {
    case 'RELEASE':
      return digestIf(facts.releases.find(({ event }) => event.release.id === link.id)?.event.release);
    case 'GRANT':
      return digestIf(facts.ofKind('grant').find(({ event }) => event.record.id === link.id && event.record.version === link.version)?.event.record);
    case 'LOAN_EVENT':
      return digestIf(facts.ofKind('loan').find(({ event }) => event.record.ref === link.id && event.record.version === link.version)?.event.record);
    case 'VOLUME': {
      const volume = facts.ofKind('evidence-volume').find(({ event }) => event.record.id === volumeIdOf(link.id, link.number) && event.record.state === 'SEALED')?.event.record;
      return volume === undefined ? undefined : volumeDigest(network, volume);
    }
  }
}

function digestIf(record: unknown): string | undefined {
  return record === undefined ? undefined : digestOf(record);
}
