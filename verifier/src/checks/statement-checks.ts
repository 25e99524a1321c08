import { canonicalJson, digestOf, envelopeBytes, epochMillis, assertEnvelopeInTime, fromBase64url, grantFrom, grantIdOf, isKeyLive, letterText, nameAt, saltedDigest, shanghaiDate, statementDigest, templateKey, verifyP256WithNoble, verifyStatementSignature, type Grant, type Letter, type LetterContext, type LetterNames, type SignedStatement, type Template } from '@kesu/chaincode/domain';
import type { LetterPart } from '../bundle';
import { ensure } from '../failure';
import type { Facts, RecordFact } from '../facts';
import { absent, holds, inDomain, unknown, type Check, type StatementContext } from './check';

type SignedFact = Facts['signed'][number];

/** Every letter and transition was signed by a key of the enterprise that counted then. */
export const signatureCheck: Check<StatementContext> = {
  name: 'enterprise-signature',
  rule: '电子签名法 arts. 13–14; docs/formats/signed-statement.md',
  isRequired: true,
  run: ({ facts, trust, bundle }) => {
    if (facts.signed.length === 0) return absent(bundle, 'no statement of the enterprise is in the bundle');
    for (const fact of facts.signed) assertSigned(fact, facts, trust.file.network);
    const keys = new Set(facts.signed.flatMap(({ event }) => event.signed.signatures.map(({ keyId }) => keyId)));
    return holds(`${facts.signed.length} statements`, `the enterprise\u2019s keys ${[...keys].join(', ')}, registered on the ledger`);
  },
};

function assertSigned({ leaf, event }: SignedFact, facts: Facts, network: string): void {
  const { statement, envelope, signatures } = event.signed;
  const { enterprise: ref } = statement;
  ensure(envelope.network === network, 'statement-network-foreign', `statement of leaf ${leaf.index} was signed for another ledger`);
  ensure(envelope.statements.includes(statementDigest(statement)), 'statement-digest-mismatch', `the signed bytes do not name the statement of leaf ${leaf.index}`);
  inDomain('statement-out-of-time', () => assertEnvelopeInTime(envelope, epochMillis(leaf.claimedTime), { resumption: statement.kind === 'TRANSITION' && statement.action === 'RESUME' }));
  const signatories = facts.need('signatories', ref, leaf.index);
  const enterprise = facts.need('enterprise', ref, leaf.index);
  ensure(signatures.length > 0, 'statement-signature-invalid', `statement of leaf ${leaf.index} is not signed`);
  for (const { keyId, ...proof } of signatures) {
    const key = signatories.keys.find((one) => one.keyId === keyId);
    ensure(key !== undefined, 'statement-key-unknown', `the key ${keyId} is not registered for the enterprise`);
    inDomain('statement-signature-invalid', () => verifyStatementSignature({ key, bytes: envelopeBytes(envelope), proof }, verifyP256WithNoble));
    ensure(isKeyLive(key, enterprise, leaf.claimedTime), 'statement-key-not-live', `the key ${keyId} did not count at ${leaf.claimedTime}`);
  }
}

/** Each grant says what its letter said, and moved only as the enterprise signed. */
export const grantCheck: Check<StatementContext> = {
  name: 'grants-match-letters',
  rule: 'docs/formats/grant.md',
  isRequired: true,
  run: ({ facts, bundle }) => {
    const grants = facts.ofKind('grant');
    for (const fact of grants) assertGrant(fact, facts);
    return grants.length === 0 ? absent(bundle, 'no grant is in the bundle') : holds(`${grants.length} events of ${new Set(grants.map(({ event }) => event.record.id)).size} grants`, 'the letters as signed');
  },
};

function assertGrant({ leaf, event }: RecordFact<'grant'>, facts: Facts): void {
  const { record, signed } = event;
  const statement = signed?.statement;
  if (statement?.kind === 'LETTER') {
    const made = grantFrom(statement, record.personSigned, leaf.claimedTime);
    ensure(grantIdOf(statement) === record.id && canonicalJson(made) === canonicalJson(record), 'grant-differs-from-letter', `the grant of leaf ${leaf.index} is not what its letter says`);
    return;
  }
  const given = facts.ofKind('grant').find((one) => one.event.record.id === record.id && one.event.signed?.statement.kind === 'LETTER');
  ensure(given !== undefined, 'fact-missing', `the letter of the grant of leaf ${leaf.index} is not in the bundle`);
  ensure(canonicalJson(termsOf(given.event.record)) === canonicalJson(termsOf(record)), 'grant-differs-from-letter', `the terms of the grant changed at leaf ${leaf.index}`);
  if (statement?.kind !== 'TRANSITION') return;
  const after = { REVOKE: 'REVOKED', SUSPEND: 'SUSPENDED', RESUME: 'ACTIVE' }[statement.action];
  ensure(statement.grantId === record.id && statement.grantVersion === record.version - 1 && record.state === after, 'grant-differs-from-letter', `leaf ${leaf.index} is not what the enterprise signed`);
}

/** What a transition leaves as it is. */
function termsOf({ state: _state, version: _version, reason: _reason, changedAt: _changedAt, supersededBy: _supersededBy, ...terms }: Grant): Partial<Grant> {
  return terms;
}

/** The letters to read are the ones that template, statement and identity make. */
export const letterCheck: Check<StatementContext> = {
  name: 'letters',
  rule: '人民法院在线诉讼规则 art. 18; docs/formats/grant.md 8',
  isRequired: false,
  run: ({ facts, bundle }) => {
    const letters = facts.signed.filter(({ event }) => event.signed.statement.kind === 'LETTER' && bundle.letters.has(event.record.id));
    const known = new Set(facts.ofKind('grant').map(({ event }) => event.record.id));
    ensure([...bundle.letters.keys()].every((id) => known.has(id)), 'fact-foreign', 'a letter is of no grant in the bundle');
    for (const fact of letters) assertLetter(fact, bundle.letters.get(fact.event.record.id), facts);
    return letters.length === 0 ? unknown('no identity is in the bundle: who signed stands in salted digests only') : holds(letters.map(({ event }) => bundle.letters.get(event.record.id)?.identity.name).join('; '), 'the salted digest that the enterprise signed');
  },
};

function assertLetter({ leaf, event }: SignedFact, part: LetterPart | undefined, facts: Facts): void {
  if (part === undefined) return;
  const letter = event.signed.statement as Letter;
  const salt = fromBase64url(part.identitySalt) ?? new Uint8Array();
  ensure(saltedDigest(salt, part.identity) === letter.identityDigest, 'identity-digest-mismatch', `the identity is not the one of the letter of leaf ${leaf.index}`);
  const template = facts.need('template', templateKey(letter.template), leaf.index);
  ensure(templateDigest(template) === letter.template.digest, 'template-digest-mismatch', `the template is not the one that the letter of leaf ${leaf.index} names`);
  const context = letterContext(event.signed, part, facts, leaf.network);
  for (const language of ['zh', 'en'] as const) ensure(canonicalJson(letterText(template, letter, context, language)) === canonicalJson(part[language]), 'letter-text-mismatch', `the letter to read is not the one that was signed (leaf ${leaf.index}, ${language})`);
}

/** SHA-256 over the RFC 8785 form of a template without what comes after its draft. */
export function templateDigest({ state: _state, approvals: _approvals, digest: _digest, withdrawnForExisting: _withdrawn, ...content }: Template): string {
  return digestOf(content);
}

/** What the letter to read is made of besides its statement; names as the bundle\u2019s newest facts give them. */
export function letterContext({ statement, envelope }: SignedStatement, { identity }: Pick<LetterPart, 'identity'>, facts: Facts, network: string): LetterContext {
  return { identity, network, signedAt: envelope.signedAt, names: namesFor(statement as Letter, facts, shanghaiDate(envelope.signedAt)) };
}

function namesFor(letter: Letter, facts: Facts, date: string): LetterNames {
  const participants = [letter.platform, letter.recipient, letter.conduit].flatMap((id) => {
    const found = id === undefined ? undefined : facts.before('participant', id, Infinity);
    return found === undefined ? [] : [[found.event.record.id, nameAt(found.event.record, date)] as const];
  });
  const items = letter.items.flatMap(({ code }) => {
    const found = facts.before('catalogue-item', code, Infinity);
    return found === undefined ? [] : [[code, { zh: found.event.record.nameZh, en: found.event.record.nameEn }] as const];
  });
  return { participants: Object.fromEntries(participants), items: Object.fromEntries(items) };
}
