import { CONSENT_RECEIPT_FORMAT, consentRecordOf, toBase64, type ConsentReceipt, type GrantStep, type Letter } from '@kesu/chaincode/domain';
import { Facts, type Fact } from '@kesu/verifier';
import type { CheckpointPublisher, EvidenceLog, LoggedEvent } from '../evidence-log';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { identityOfGrant, statusOfGrant } from '../use-cases/grants';
import { logHolds } from './log-wait';
import { grantFacts } from './matter-facts';
import { letterAsRead } from './seal-evidence';

/** With what consent receipts are made. */
export interface ReceiptParts extends Pick<GatewayParts, 'readModel' | 'store' | 'clock'> {
  readonly log: EvidenceLog;
  readonly publisher: Pick<CheckpointPublisher, 'recent' | 'publish'>;
  readonly demonstration: boolean;
  /** The address of a grant's receipt; undefined where none is asked for. */
  readonly addressOf: (grantId: string) => string | undefined;
}

/**
 * The receipt of a grant that its holder proves alone (docs/formats/consent-receipt.md).
 * @param isNamed whether the reader may see who signed and the letter.
 * @throws GatewayError not-found, not-ready; LogStopped.
 */
export async function consentReceipt(parts: ReceiptParts, grantId: string, isNamed: boolean): Promise<ConsentReceipt> {
  const { readModel, log, publisher, demonstration, addressOf } = parts;
  await logHolds(log, readModel.asOf().block);
  const lookup = addressOf(grantId);
  const asOf = readModel.asOf();
  const grant = readModel.record('grant', grantId)?.record;
  if (grant === undefined) throw GatewayError.of('not-found', 'there is no such grant');
  const status = statusOfGrant(parts, grant);
  const logged = await grantFacts(parts, grantId);
  const recent = await publisher.recent();
  const newest = logged.at(-1)?.index ?? 0;
  const checkpoint = recent.size > newest ? recent : await publisher.publish();
  const proven = logged.map((one) => ({ leaf: one.text, event: { ...one.event }, path: log.inclusion(one.index, checkpoint.size).map(toBase64) }));
  const facts = new Facts(logged.map((one, at): Fact => ({ leaf: one.leaf, entry: one.entry, event: one.event, path: proven[at]?.path ?? [] })));
  const life = lifeOf(logged);
  const [given] = facts.signed;
  if (given === undefined) throw GatewayError.of('not-found', 'there is no signed letter of this grant');
  const { signed } = given.event;
  return {
    format: CONSENT_RECEIPT_FORMAT,
    network: log.network,
    grant,
    position: given.leaf.position,
    claimedTime: given.leaf.claimedTime,
    signed: { statement: signed.statement, envelope: signed.envelope, signatures: [...signed.signatures] },
    status: { ...status },
    asOf,
    ...(isNamed ? await namesOf(parts, facts, given) : {}),
    consent: consentRecordOf(life, (signed.statement as Letter).template.digest, { participant: (id) => facts.before('participant', id, Infinity)?.event.record, item: (code) => itemName(facts, code) }),
    ...(lookup === undefined ? {} : { lookup }),
    demonstration,
    proof: { checkpoint: checkpoint.text, facts: proven },
  };
}

/** Who signed and the letter as it was read, where this node keeps the identity. */
async function namesOf({ store, log }: ReceiptParts, facts: Facts, { leaf, event }: Facts['signed'][number]): Promise<Pick<ConsentReceipt, 'identity' | 'identitySalt' | 'letter'>> {
  const kept = await identityOfGrant({ store }, event.record.id);
  if (kept === undefined) return {};
  const { identity, identitySalt, zh, en } = letterAsRead(facts, { statement: event.signed, kept, index: leaf.index, network: log.network });
  return { identity, identitySalt, letter: { zh, en } };
}

function itemName(facts: Facts, code: string) {
  const item = facts.before('catalogue-item', code, Infinity)?.event.record;
  return item === undefined ? undefined : { zh: item.nameZh, en: item.nameEn };
}

function lifeOf(logged: readonly LoggedEvent[]): GrantStep[] {
  return logged.flatMap(({ event, leaf }): GrantStep[] => (event.kind === 'grant' ? [{ record: event.record, action: event.action, actor: event.actor, isSigned: event.signed !== undefined, leaf }] : []));
}
