import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import {
  addItems,
  assertProvenanceIsPossible,
  assertTermsAgree,
  changeCase,
  DomainError,
  isCaseOpen,
  MAX_VOLUMES,
  openedCase,
  sealVolume,
  volumeIdOf,
  type CaseActor,
  type EvidenceCase,
  type EvidenceItem,
  type EvidenceVolume,
  type OfferedItem,
  type VolumeHead,
  type VolumeSide,
} from '../domain';
import { assertIsAuthority, caseOf, saveCase } from './case-access';
import { linkedDigest, loanBelongs } from './evidence-links';
import { transact, type RunningTransaction } from './transact';

const PARTIES = { roles: ['recipient', 'platform'] } as const;
const BOTH_SIDES = { roles: ['recipient', 'platform', 'notary', 'arbitrator', 'court'] } as const;

/** Cases of evidence (线上公证, 任务 10) with their volumes: 存证, never 公证. */
@Info({ title: 'evidence', description: 'Cases of evidence and their volumes' })
export class EvidenceContract extends Contract {
  constructor() {
    super('evidence');
  }

  /** The party opens a case: an institution for itself, a platform for one of its own or for the enterprise. */
  @Transaction()
  async open(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'evidence:open', text, PARTIES, async (running, { operation: _operation, ...opened }) => {
      const evidenceCase = openedCase(opened, running.at);
      running.assertCallerIs(opened.platform, ...(opened.party === 'RECIPIENT' ? [opened.recipient ?? ''] : []));
      if ((await running.world.get('evidence-case', opened.id)) !== undefined) throw DomainError.of('already-exists', 'this case id is taken');
      await assertPartiesAreKnown(running, evidenceCase);
      if (opened.authority !== undefined) await assertIsAuthority(running, opened.kind, opened.authority);
      if (opened.terms !== undefined) assertTermsAgree(opened.terms);
      return saveCase(running, evidenceCase, 'open');
    });
  }

  /** The party states what is owed, how and when, until the deed is issued. */
  @Transaction()
  async 'set-terms'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'evidence:set-terms', text, PARTIES, async (running, { id, terms }) => {
      const { evidenceCase } = await caseOf(running, id);
      if (evidenceCase.kind !== 'ENFORCEABLE_DEBT') throw DomainError.of('state-conflict', 'only an enforceable debt has terms');
      if (!['DRAFT', 'SUBMITTED', 'ACCEPTED'].includes(evidenceCase.state)) throw DomainError.of('state-conflict', `the terms are fixed by the deed: the case is ${evidenceCase.state}`);
      assertTermsAgree(terms);
      return saveCase(running, changeCase(evidenceCase, { terms }, running.at), 'set-terms');
    });
  }

  /** Opens a volume of the caller's side. */
  @Transaction()
  async 'open-volume'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'evidence:open-volume', text, BOTH_SIDES, async (running, { id, subject }) => {
      const { evidenceCase, actor } = await caseOf(running, id);
      assertStillOpen(evidenceCase);
      if (evidenceCase.volumes.length >= MAX_VOLUMES) throw DomainError.of('limit-exceeded', `a case has at most ${MAX_VOLUMES} volumes`);
      const number = evidenceCase.volumes.length + 1;
      const { enterprise, platform } = evidenceCase;
      const volume: EvidenceVolume = { id: volumeIdOf(id, number), caseId: id, enterprise, platform, number, subject, side: sideOf(actor), state: 'OPEN', items: [], openedAt: running.at, version: 1 };
      return saveVolume(running, evidenceCase, volume, 'open');
    });
  }

  /** Puts items behind those that an open volume of the caller's side holds. */
  @Transaction()
  async 'add-items'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'evidence:add-items', text, BOTH_SIDES, async (running, { id, volume: number, items }) => {
      const { evidenceCase, volume } = await ownVolume(running, id, number);
      const added: EvidenceItem[] = [];
      for (const [index, item] of items.entries()) added.push(await takenIn(running, evidenceCase, volume.side, item, `/items/${index}`));
      return saveVolume(running, evidenceCase, addItems(volume, added), 'add-items');
    });
  }

  /** Seals a volume of the caller's side: from here it never changes. */
  @Transaction()
  async 'seal-volume'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'evidence:seal-volume', text, BOTH_SIDES, async (running, { id, volume: number, digest }) => {
      const { evidenceCase, volume } = await ownVolume(running, id, number);
      return saveVolume(running, evidenceCase, sealVolume(volume, running.ruleBook.network, digest, running.at), 'seal');
    });
  }

  /** Records that a report of use was asked for, by the node for the enterprise or by a platform of it. */
  @Transaction()
  async 'report-usage'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'evidence:report-usage', text, { roles: ['provincialNode', 'platform'] }, async (running, { id, enterprise: ref }) => {
      const enterprise = await running.world.need('enterprise', ref);
      running.assertCallerIs(running.ruleBook.node, ...enterprise.platforms);
      if ((await running.world.get('usage-report', id)) !== undefined) throw DomainError.of('already-exists', 'this report id is taken');
      running.save('usage-report', id, { id, enterprise: ref, requestedBy: running.caller.id, at: running.at }, 'report');
      return { ids: [id] };
    });
  }
}

async function assertPartiesAreKnown({ world }: RunningTransaction, evidenceCase: EvidenceCase): Promise<void> {
  const { enterprise: ref, platform, recipient: institution, loanRef } = evidenceCase;
  const enterprise = await world.need('enterprise', ref);
  if (!enterprise.platforms.includes(platform)) throw DomainError.of('participant-not-active', 'the enterprise is not registered at this platform');
  if (institution !== undefined) {
    const recipient = await world.get('participant', institution);
    if (recipient?.role !== 'recipient' || !recipient.platforms.includes(platform)) throw DomainError.of('participant-not-active', 'the institution is none that this platform admitted');
  }
  if (loanRef === undefined) return;
  const loan = await world.get('loan', loanRef);
  if (loan === undefined || !loanBelongs(loan, evidenceCase)) throw DomainError.of('link-invalid', 'there is no such loan of this enterprise and institution', [{ pointer: '/loanRef', detail: 'no loan that belongs to the case' }]);
}

function assertStillOpen(evidenceCase: EvidenceCase): void {
  if (!isCaseOpen(evidenceCase)) throw DomainError.of('state-conflict', `the case is ${evidenceCase.state}: it has come to its end and takes no more volumes`);
}

function sideOf(actor: CaseActor): VolumeSide {
  if (actor === 'NODE') throw DomainError.of('role-not-allowed', 'volumes are of the party or of the authority');
  return actor;
}

async function ownVolume(running: RunningTransaction, id: string, number: number): Promise<{ evidenceCase: EvidenceCase; volume: EvidenceVolume }> {
  const { evidenceCase, actor } = await caseOf(running, id);
  const volume = await running.world.need('evidence-volume', volumeIdOf(id, number));
  if (volume.side !== actor) throw DomainError.of('not-yours', `volume ${number} is of the other side`);
  assertStillOpen(evidenceCase);
  return { evidenceCase, volume };
}

async function takenIn(running: RunningTransaction, evidenceCase: EvidenceCase, side: VolumeSide, item: OfferedItem, pointer: string): Promise<EvidenceItem> {
  const { caller, at } = running;
  const added = { addedBy: caller.id, addedAt: at };
  if (item.source === 'LEDGER') return { ...item, digest: await linkedDigest(running, evidenceCase, item.link, pointer), ...added };
  if (item.kind === 'REPAYMENT_FOUND' && side !== 'AUTHORITY') throw DomainError.of('role-not-allowed', 'a repayment is found by whom the case goes to: the party lodges a REPAYMENT_RECORD', [{ pointer: `${pointer}/kind`, detail: 'not for the party' }]);
  assertProvenanceIsPossible(item.provenance, at, pointer);
  return { ...item, ...added };
}

function saveVolume(running: RunningTransaction, evidenceCase: EvidenceCase, volume: EvidenceVolume, action: string): { ids: string[] } {
  const { number, subject, side, items, digest } = volume;
  const head: VolumeHead = { number, subject, side, items: items.length, ...(digest === undefined ? {} : { digest }) };
  const volumes = [...evidenceCase.volumes.filter((known) => known.number !== number), head].sort((a, b) => a.number - b.number);
  running.save('evidence-volume', volume.id, volume, action);
  saveCase(running, changeCase(evidenceCase, { volumes }, running.at), `${action}-volume`);
  return { ids: [volume.id] };
}
