import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { canonicalJson, digestOf, DomainError, packageDigest, type EvidenceCase } from '../domain';
import type { CommandOf } from '../transactions';
import { assertIsAuthority, caseOf, moveTo } from './case-access';
import { assertHasSealedVolume } from './notarization-contract';
import { verifyParticipantSignature } from './participant-signature';
import { transact, type RunningTransaction } from './transact';

const PARTIES = { roles: ['recipient', 'platform'] } as const;
const JUDGES = { roles: ['arbitrator', 'court'] } as const;
const RECEIVERS = { roles: ['arbitrator', 'court', 'provincialNode'] } as const;

/** Cases that go to an arbitrator or a court. */
@Info({ title: 'proceedings', description: 'Cases before an arbitrator or a court' })
export class ProceedingsContract extends Contract {
  constructor() {
    super('proceedings');
  }

  /** 封卷: with at least one sealed volume. */
  @Transaction()
  async seal(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'proceedings:seal', text, PARTIES, (running, { id }) =>
      moveTo(running, id, 'SEALED', 'seal', (evidenceCase) => {
        assertHasSealedVolume(evidenceCase);
        return {};
      }),
    );
  }

  /** 移交: to the authority named, the sealed volumes by their digest. */
  @Transaction()
  async 'hand-over'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'proceedings:hand-over', text, PARTIES, (running, { id, authority, packageDigest: digest }) =>
      moveTo(running, id, 'HANDED_OVER', 'hand-over', async (evidenceCase) => {
        await assertIsAuthority(running, evidenceCase.kind, authority);
        if (digest !== packageDigest(running.ruleBook.network, evidenceCase)) throw DomainError.of('digest-mismatch', 'the sealed volumes of the case have another digest: read the case again before handing it over');
        return { authority, handover: { packageDigest: digest, at: running.at } };
      }),
    );
  }

  /** 接收: by the authority itself, or by the node with the receipt that the authority signed. */
  @Transaction()
  async receive(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'proceedings:receive', text, RECEIVERS, async (running, { id, receipt }) => {
      const { actor } = await caseOf(running, id);
      return moveTo(running, id, 'RECEIVED', 'receive', async (evidenceCase) => {
        if (actor === 'NODE' && receipt === undefined) throw DomainError.of('document-required', "the node records a receipt that the authority signed, and none was brought");
        if (receipt !== undefined) await assertReceipt(running, evidenceCase, receipt);
        return { receipt: { by: evidenceCase.authority ?? running.caller.id, at: running.at, ...(receipt === undefined ? {} : { receiptDigest: digestOf(receipt) }) } };
      });
    });
  }

  /** 办结. */
  @Transaction()
  async close(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'proceedings:close', text, JUDGES, (running, { id, documentDigest }) => moveTo(running, id, 'CLOSED', 'close', () => ({ closingDocumentDigest: documentDigest }), documentDigest));
  }
}

async function assertReceipt(running: RunningTransaction, { id, authority = '', handover }: EvidenceCase, { statement, proof }: NonNullable<CommandOf<'proceedings:receive'>['receipt']>): Promise<void> {
  if (statement.network !== running.ruleBook.network) throw DomainError.of('network-mismatch', 'the receipt was signed for another ledger');
  if (statement.caseId !== id || statement.authority !== authority || statement.packageDigest !== handover?.packageDigest) throw DomainError.of('digest-mismatch', 'the receipt is for another package');
  verifyParticipantSignature(running, await running.world.get('participant', authority), proof, canonicalJson(statement));
}
