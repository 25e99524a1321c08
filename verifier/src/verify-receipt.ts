import { canonicalJson, consentReceiptSchema, consentRecordOf, CONSENT_RECEIPT_FORMAT, leafEntry, type ConsentReceipt, type DomainEvent, type Letter } from '@kesu/chaincode/domain';
import { readLeaf, type Fact, type LetterPart } from './bundle';
import { holds, runCheck, type Check, type CheckResult, type StatementContext } from './checks/check';
import { cosignerCheck, inclusionCheck, leafCheck, type LogContext } from './checks/log-checks';
import { grantCheck, letterCheck, signatureCheck } from './checks/statement-checks';
import { Facts, type RecordFact } from './facts';
import { ensure, VerificationFailure } from './failure';
import type { Trust } from './trust';
import { verdictOf, type Verification } from './verify-bundle';

interface ReceiptContext extends StatementContext, LogContext {
  readonly receipt: ConsentReceipt;
}

interface ReceiptReading {
  readonly value: unknown;
  readonly trust: Trust;
  context?: ReceiptContext;
}

const form: Check<ReceiptReading> = {
  name: 'form',
  rule: 'docs/formats/consent-receipt.md',
  isRequired: true,
  run: (reading) => {
    const parsed = consentReceiptSchema.safeParse(reading.value);
    if (!parsed.success) throw new VerificationFailure('part-malformed', `${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'no receipt'}`);
    const receipt = parsed.data;
    const { network, grant, proof } = receipt;
    ensure(network === reading.trust.file.network, 'bundle-network-foreign', `the receipt is of the ledger ${network}, the trust file of ${reading.trust.file.network}`);
    const facts = proof.facts.map(({ leaf: text, event, path }): Fact => ({ leaf: readLeaf(text), entry: leafEntry(text), event: event as unknown as DomainEvent, path }));
    ensure(facts.every(({ leaf }, at) => at === 0 || leaf.index > (facts[at - 1]?.leaf.index ?? 0)), 'fact-order', 'the facts do not stand in the order of the ledger');
    reading.context = { trust: reading.trust, receipt, facts: new Facts(facts), checkpoint: proof.checkpoint, bundle: { description: {}, letters: lettersOf(receipt) } };
    return holds(`${CONSENT_RECEIPT_FORMAT} of the grant ${grant.id}, ${facts.length} facts`, '–');
  },
};

function lettersOf({ grant, identity, identitySalt, letter }: ConsentReceipt): ReadonlyMap<string, LetterPart> {
  const isWhole = identity !== undefined && identitySalt !== undefined && letter !== undefined;
  return new Map(isWhole ? [[grant.id, { identity, identitySalt, zh: letter.zh, en: letter.en }]] : []);
}

/** The grant’s events; every one up to the newest that is shown. */
const historyCheck: Check<ReceiptContext> = {
  name: 'grant-history',
  rule: 'docs/formats/log.md 7',
  isRequired: true,
  run: ({ facts, receipt }) => {
    const life = lifeOf(facts, receipt.grant.id);
    life.forEach(({ leaf, event }, at) => {
      const before = life[at - 1];
      ensure(event.record.version === at + 1 && leaf.grantTransition?.index === before?.leaf.index && leaf.grantTransition?.entry === before?.entry, 'consent-history-broken', `leaf ${leaf.index} does not follow the event of the grant that is shown before it`);
    });
    const newest = life.at(-1);
    return holds(`${life.map(({ event }) => event.action).join(' → ')}; ${newest?.event.record.state ?? ''} up to leaf ${newest?.leaf.index ?? 0} (entry ${newest?.entry ?? ''}), nothing is said of what came after`, 'the cosigners, who recomputed the fold');
  },
};

function lifeOf(facts: Facts, grantId: string): readonly RecordFact<'grant'>[] {
  const life = facts.ofKind('grant');
  ensure(life.every(({ event }) => event.record.id === grantId), 'fact-foreign', 'an event is of another grant');
  ensure(life[0]?.event.action === 'grant', 'fact-missing', 'the event by which the grant was given is not shown');
  return life;
}

/** What the receipt says in plain members is what its facts say. */
const sayingCheck: Check<ReceiptContext> = {
  name: 'receipt-says',
  rule: 'ISO/IEC TS 27560:2023; docs/formats/consent-receipt.md',
  isRequired: true,
  run: ({ facts, receipt }) => {
    const life = lifeOf(facts, receipt.grant.id);
    const [given] = life;
    const { signed } = given?.event ?? {};
    ensure(given !== undefined && signed?.statement.kind === 'LETTER', 'fact-missing', 'the letter of the grant is not shown');
    const same = (shown: unknown, proven: unknown, what: string): void => ensure(canonicalJson(shown) === canonicalJson(proven), 'consent-receipt-differs', `${what} is not what the facts say`);
    same(receipt.grant, life.at(-1)?.event.record, 'the grant');
    same(receipt.signed, signed, 'the signed letter');
    same(receipt.position, given.leaf.position, 'the position');
    same(receipt.claimedTime, given.leaf.claimedTime, 'the time');
    const steps = life.map(({ event, leaf }) => ({ record: event.record, action: event.action, actor: event.actor, isSigned: event.signed !== undefined, leaf }));
    const made = consentRecordOf(steps, (signed.statement as Letter).template.digest, {
      participant: (id) => facts.before('participant', id, Infinity)?.event.record,
      item: (code) => {
        const item = facts.before('catalogue-item', code, Infinity)?.event.record;
        return item === undefined ? undefined : { zh: item.nameZh, en: item.nameEn };
      },
    });
    same(receipt.consent, made, 'the consent record');
    return holds(`${receipt.consent.events.length} events of the consent; the state shown (${receipt.status.state} at ${receipt.status.at}) is the gateway’s word`, 'the facts above');
  },
};

/** A consent receipt, read from JSON: that the letter was given, by whom signed, and how it stood up to the newest event shown. */
export function verifyReceipt(value: unknown, trust: Trust): Verification {
  const reading: ReceiptReading = { value, trust };
  const checks: CheckResult[] = [runCheck(form, reading)];
  const { context } = reading;
  const all: readonly Check<ReceiptContext>[] = [signatureCheck, grantCheck, letterCheck, sayingCheck, historyCheck, leafCheck, inclusionCheck, cosignerCheck];
  if (context !== undefined) checks.push(...all.map((check) => runCheck(check, context)));
  return { kind: 'consent-receipt', verdict: verdictOf(checks), checks };
}
