import { TRANSACTION_NAMES, type TransactionName } from '@kesu/chaincode';
import { initialPolicy, initialPurposes, type ParticipantRole } from '@kesu/chaincode/domain';
import { CAST, codeOf, DOCUMENT, LedgerWorld, type WorldEnterprise } from '../testing/ledger-world';

let world: LedgerWorld;
let by: WorldEnterprise;

beforeAll(async () => {
  world = await LedgerWorld.open();
  by = await world.addEnterprise();
});
afterAll(() => world.dispose());

const EVERYONE: readonly ParticipantRole[] = ['provincialNode', 'platform', 'recipient', 'provider', 'regulator', 'auditor', 'notary', 'arbitrator', 'court'];
const NODE: readonly ParticipantRole[] = ['provincialNode'];
const PARTIES: readonly ParticipantRole[] = ['recipient', 'platform'];
const NOTARY: readonly ParticipantRole[] = ['notary'];
const BOTH_SIDES: readonly ParticipantRole[] = [...PARTIES, 'notary', 'arbitrator', 'court'];
const CALLERS: readonly string[] = ['provincial-node', 'other-platform', 'other-bank', 'other-bureau', 'example-regulator', 'example-auditor', 'other-notary', 'example-arbitrator', 'example-court'];
const ID = 'ab'.repeat(16);
const REASON = { reason: 'as-ordered', documentDigest: DOCUMENT };
const NAMES = [{ from: '2022-09-02', zh: '示范', en: 'Example' }];
const PARTICIPANT = { id: 'no-one', names: NAMES, mspId: 'NodeMSP', regions: [], documentDigest: DOCUMENT };
const LATER = '2030-01-01T00:00:00.000Z';

/** Who may call a transaction, and a well-formed command about records that don't exist or belong to others. */
type Row = readonly [roles: readonly ParticipantRole[], command: () => Promise<object> | object];

const ROWS: Readonly<Partial<Record<TransactionName, Row>>> = {
  'rule-book:set-policy': [NODE, () => ({ policy: initialPolicy([]), documentDigest: DOCUMENT })],
  'rule-book:set-purpose': [NODE, () => ({ purpose: 'EVALUATION', rule: initialPurposes().EVALUATION, documentDigest: DOCUMENT })],
  'participants:assess': [NODE, () => ({ id: 'no-one', kind: 'SECURITY', assessor: 'assessor-one', until: LATER, documentDigest: DOCUMENT })],
  'participants:admit-platform': [NODE, () => ({ id: 'no-one', connectVia: 'NODE', documentDigest: DOCUMENT })],
  'participants:admit-recipient': [['platform'], () => ({ ...PARTICIPANT, id: 'example-notary', kind: 'BANK', securityPolicyDigest: DOCUMENT })],
  'participants:confirm-recipient': [NODE, () => ({ id: 'no-one', documentDigest: DOCUMENT })],
  'participants:appoint': [NODE, () => ({ ...PARTICIPANT, id: 'example-notary', role: 'notary' })],
  'participants:suspend': [NODE, () => ({ id: 'no-one', ...REASON })],
  'participants:resume': [NODE, () => ({ id: 'no-one', ...REASON })],
  'participants:exit': [NODE, () => ({ id: 'no-one', ...REASON })],
  'participants:rename': [NODE, () => ({ id: 'no-one', name: NAMES[0], documentDigest: DOCUMENT })],
  'participants:register-key': [EVERYONE, () => ({ publicKey: world.requestKeys.get('example-bank')?.publicKey, replaces: ID })],
  'participants:introduce-log-key': [EVERYONE, () => ({ use: 'COSIGN', publicKey: 'A'.repeat(43), proof: 'A'.repeat(86) })],
  'catalogue:put-items': [NODE, async () => ({ items: [{ code: 'TAX-09', nameZh: '示', nameEn: 'x', contentZh: '示', contentEn: '', class: 'PUBLIC', subject: 'ENTERPRISE', mode: 'COLLECTED', route: 'PROVINCIAL', provider: 'no-one', cadence: 'monthly', noWider: false, connected: true }], documentDigest: DOCUMENT })],
  'catalogue:move-item': [NODE, () => ({ code: 'XXX-01', to: 'CONNECTED', documentDigest: DOCUMENT })],
  'catalogue:publish-requirements': [['provider'], () => ({ code: 'TAX-01', requirements: [] })],
  'catalogue:state-no-trade-secret': [['provider'], () => ({ code: 'TAX-01', documentDigest: DOCUMENT })],
  'templates:approve': [['provider'], () => ({ id: 'GENERAL', version: 1, digest: DOCUMENT, rawApproved: [] })],
  'templates:publish': [NODE, () => ({ id: 'GENERAL', version: 1 })],
  'templates:withdraw': [NODE, () => ({ id: 'GENERAL', version: 9, forExisting: true, documentDigest: DOCUMENT })],
  'enterprises:register': [['platform'], () => ({ ref: by.ref, kind: 'COMPANY', region: '619901', industry: 'C13', size: 'SMALL', representative: ID })],
  'enterprises:join-platform': [EVERYONE, () => world.sign([world.registration(by, 'no-platform')], { by })],
  'enterprises:move': [NODE, () => ({ ref: ID, to: 'DORMANT', documentDigest: DOCUMENT })],
  'enterprises:change-representative': [NODE, () => ({ ref: ID, representative: ID, documentDigest: DOCUMENT })],
  'enterprises:link-successor': [NODE, () => ({ ref: ID, successor: ID, documentDigest: DOCUMENT })],
  'signatories:register-key': [['platform'], () => ({ ref: by.ref, key: { holder: ID, capacity: 'HANDLER', algorithm: 'P256', means: 'CERTIFICATE', publicKey: by.key.signer.publicKey, binding: 'COUNTER', evidenceDigest: DOCUMENT, until: LATER } })],
  'signatories:record-notice': [NODE, () => ({ ref: by.ref, keyId: ID })],
  'signatories:confirm-key': [NODE, () => ({ ref: by.ref, keyId: ID })],
  'signatories:object': [['provincialNode', 'platform'], () => ({ ref: by.ref, keyId: ID, evidenceDigest: DOCUMENT })],
  'signatories:report-lost': [['provincialNode', 'platform'], () => ({ ref: by.ref, keyId: ID })],
  'signatories:end-key': [NODE, () => ({ ref: by.ref, keyId: ID, reason: 'no-more-used' })],
  'loans:open': [['platform', 'recipient'], () => ({ ref: ID, enterprise: by.ref, recipient: 'example-bank', platform: 'city-platform', product: 'CREDIT-1', amountFen: 1 })],
  'loans:advance': [['platform', 'recipient'], async () => ({ ref: await world.openLoan(by), to: 'APPROVED' })],
  'ingest:receive': [['provincialNode', 'provider'], () => ({ manifest: { ...world.manifest(), network: ID }, signature: world.signAs('tax-bureau', {}) })],
  'ingest:accept': [NODE, () => ({ id: ID })],
  'ingest:return': [NODE, () => ({ id: ID, reason: 'rows-are-wrong' })],
  'ingest:withdraw': [['provincialNode', 'provider'], () => ({ id: ID, reason: 'rows-are-wrong' })],
  'grants:open-request': [['platform'], () => ({ id: ID, enterprise: by.ref, recipient: 'example-bank', templateId: 'GENERAL', purpose: 'EVALUATION', items: [{ code: 'TAX-01', granularity: 'ANSWER' }], until: LATER })],
  'grants:decline-request': [['provincialNode', 'platform'], () => ({ id: ID })],
  'grants:submit': [EVERYONE, async () => world.sign([await world.letter(by)], { by, envelope: { network: ID } })],
  'grants:transit': [EVERYONE, async () => world.sign([world.transition(await world.give(by), 'REVOKE')], { by, envelope: { network: ID } })],
  'grants:suspend-for-loss': [['provincialNode', 'platform'], async () => ({ grantId: (await world.give(by)).id, keyId: ID, reason: 'key-lost' })],
  'signatories:submit-mandates': [EVERYONE, () => world.sign([{ kind: 'MANDATE' as const, enterprise: by.ref, action: 'GIVE' as const, mandate: { id: ID, holder: ID, templates: ['GENERAL'], longestPeriodDays: 1, from: world.at, until: LATER }, ...world.identityOf() }], { by, envelope: { network: ID } })],
  'releases:record-outcomes': [EVERYONE, () => ({ outcomes: [{ releaseId: `${ID}.0`, outcome: 'DELIVERED', bytesSent: 1 }] })],
  'releases:acknowledge': [EVERYONE, () => ({ acknowledgements: [{ releaseId: `${ID}.0`, payloadDigest: DOCUMENT }] })],
  'releases:record': [['provincialNode', 'platform'], async () => ({ requests: [world.asking({ grant: await world.give(by) })] })],
  'deletions:ask': [['provincialNode', 'platform'], () => ({ releaseId: `${ID}.0` })],
  'deletions:attest': [PARTIES, () => ({ id: ID, result: 'DELETED', documentDigest: DOCUMENT })],
  'disputes:file': [['platform', 'recipient'], () => ({ id: world.nextId(), enterprise: by.ref, filedBy: 'PRINCIPAL', platform: 'city-platform', item: 'TAX-01', reason: 'row-is-wrong', textDigest: DOCUMENT })],
  'disputes:forward': [['platform'], () => ({ id: ID })],
  'disputes:review': [NODE, () => ({ id: ID })],
  'disputes:resolve': [['provider'], () => ({ id: ID, finding: 'CORRECTED', documentDigest: DOCUMENT })],
  'disputes:answer': [NODE, () => ({ id: ID, documentDigest: DOCUMENT })],
  'disputes:close': [NODE, () => ({ id: ID })],
  'evidence:open': [PARTIES, () => ({ id: ID, kind: 'LITIGATION', party: 'RECIPIENT', enterprise: by.ref, platform: 'city-platform', recipient: 'example-bank' })],
  'evidence:set-terms': [PARTIES, () => ({ id: ID, terms: { principalFen: 1, ratePpm: 0, overdueRatePpm: 0, dayBasis: 360, allocation: 'LAW', guaranteed: false, instalments: [{ dueOn: '2026-06-30', principalFen: 1 }] } })],
  'evidence:open-volume': [BOTH_SIDES, () => ({ id: ID, subject: 'CONTRACT' })],
  'evidence:add-items': [BOTH_SIDES, () => ({ id: ID, volume: 1, items: [{ source: 'LEDGER', link: { kind: 'GRANT', id: ID, version: 1 } }] })],
  'evidence:seal-volume': [BOTH_SIDES, () => ({ id: ID, volume: 1, digest: DOCUMENT })],
  'evidence:report-usage': [['provincialNode', 'platform'], () => ({ id: ID, enterprise: by.ref })],
  'notarization:submit': [PARTIES, () => ({ id: ID })],
  'notarization:accept': [NOTARY, () => ({ id: ID, documentDigest: DOCUMENT })],
  'notarization:reject': [NOTARY, () => ({ id: ID, ...REASON })],
  'notarization:issue-deed': [NOTARY, () => ({ id: ID, documentDigest: DOCUMENT })],
  'notarization:discharge': [[...PARTIES, 'notary'], () => ({ id: ID, documentDigest: DOCUMENT })],
  'notarization:request-enforcement': [PARTIES, () => ({ id: ID, documentDigest: DOCUMENT, expenses: [] })],
  'notarization:verify': [NOTARY, () => ({ id: ID })],
  'notarization:certify-enforcement': [NOTARY, () => ({ id: ID, documentDigest: DOCUMENT, totalFen: 1, applyBefore: '2028-01-01' })],
  'notarization:refuse-enforcement': [NOTARY, () => ({ id: ID, ...REASON, litigationId: 'ac'.repeat(16) })],
  'notarization:file-enforcement': [PARTIES, () => ({ id: ID, documentDigest: DOCUMENT, court: 'example-court' })],
  'notarization:correct-certificate': [NOTARY, () => ({ id: ID, certificate: 'DEED', ...REASON })],
  'notarization:annul-certificate': [NOTARY, () => ({ id: ID, certificate: 'DEED', ...REASON })],
  'proceedings:seal': [PARTIES, () => ({ id: ID })],
  'proceedings:hand-over': [PARTIES, () => ({ id: ID, authority: 'example-court', packageDigest: DOCUMENT })],
  'proceedings:receive': [['provincialNode', 'arbitrator', 'court'], () => ({ id: ID })],
  'proceedings:close': [['arbitrator', 'court'], () => ({ id: ID, documentDigest: DOCUMENT })],
};

/** Which have no table: founding and applying have no listed caller, drafting is shown by every world, reads and closing are open to all. */
const WITHOUT_TABLE: readonly TransactionName[] = ['rule-book:found', 'participants:apply', 'templates:draft', 'operations:close', 'operations:read', 'records:read'];

const CELLS = Object.entries(ROWS).flatMap(([name, row]) => CALLERS.map((caller) => ({ name: name as TransactionName, caller, row })));

describe('a role', () => {
  it.each(CELLS)('$caller × $name', async ({ name, caller, row: [roles, command] }) => {
    const role = CAST[caller]?.role;
    const code = await codeOf(world.submit(caller, name, (await command()) as never));
    if (role === undefined || !roles.includes(role)) expect(code).toBe('role-not-allowed');
    else expect(['role-not-allowed', 'malformed-command', 'caller-unknown']).not.toContain(code);
  });

  it('has a row for each transaction', () => {
    expect(TRANSACTION_NAMES.filter((name) => ROWS[name] === undefined && !WITHOUT_TABLE.includes(name))).toEqual([]);
  });
});

describe("another's records", () => {
  const FOREIGN: readonly (readonly [string, TransactionName])[] = [
    ['other-bureau', 'catalogue:publish-requirements'], ['other-bureau', 'catalogue:state-no-trade-secret'], ['other-platform', 'signatories:register-key'], ['other-platform', 'signatories:report-lost'], ['other-platform', 'signatories:object'],
    ['other-platform', 'loans:open'], ['other-bank', 'loans:open'], ['other-platform', 'loans:advance'], ['other-bank', 'loans:advance'], ['other-bureau', 'ingest:receive'], ['other-platform', 'grants:open-request'],
    ['other-platform', 'grants:suspend-for-loss'], ['other-platform', 'disputes:file'], ['other-bank', 'disputes:file'], ['other-platform', 'evidence:open'], ['other-bank', 'evidence:open'], ['other-platform', 'evidence:report-usage'],
  ];
  it.each(FOREIGN)('are not for %s to change by %s', async (caller, name) => {
    const command = await ROWS[name]?.[1]();
    expect(await codeOf(world.submit(caller, name, command as never))).toBe('not-yours');
  });
});

describe('a certificate', () => {
  it('counts only with the organisation and role of its record', async () => {
    const call = async (id: string, role: string, mspId: string) => codeOf(world.submit(await world.enrol(id, role, mspId), 'rule-book:set-purpose', { purpose: 'EVALUATION', rule: initialPurposes().EVALUATION, documentDigest: DOCUMENT }));
    expect(await call('provincial-node', 'provincialNode', 'NodeMSP')).toBe('done');
    expect(await call('provincial-node', 'provincialNode', 'PlatformMSP')).toBe('caller-unknown');
    expect(await call('example-bank', 'provincialNode', 'NodeMSP')).toBe('caller-unknown');
    expect(await call('no-one', 'provincialNode', 'NodeMSP')).toBe('participant-not-listed');
    expect(await call('provincial-node', 'emperor', 'NodeMSP')).toBe('caller-unknown');
  });
});

describe('a step out of order', () => {
  it('is refused: no admission twice, no second founding, no resumption by admitting', async () => {
    const node = (name: TransactionName, command: object) => codeOf(world.submit('provincial-node', name, command as never));
    expect(await node('rule-book:found', { network: ID, node: { id: 'provincial-node', names: NAMES }, organisations: ['NodeMSP'], policy: initialPolicy([]), purposes: initialPurposes(), documentDigest: DOCUMENT })).toBe('already-exists');
    expect(await node('participants:resume', { id: 'example-bank', ...REASON })).toBe('state-conflict');
    expect(await node('participants:suspend', { id: 'example-bank', ...REASON })).toBe('done');
    expect(await node('participants:suspend', { id: 'example-bank', ...REASON })).toBe('state-conflict');
    expect(await node('participants:confirm-recipient', { id: 'example-bank', documentDigest: DOCUMENT })).toBe('state-conflict');
    expect(await codeOf(world.submit('example-bank', 'loans:advance', { ref: ID, to: 'APPROVED' } as never))).toBe('participant-not-active');
    expect(await node('participants:resume', { id: 'example-bank', ...REASON })).toBe('done');
    expect(await node('participants:suspend', { id: 'other-platform', ...REASON })).toBe('done');
    expect(await node('participants:admit-platform', { id: 'other-platform', connectVia: 'NODE', documentDigest: DOCUMENT })).toBe('state-conflict');
    expect(await node('participants:exit', { id: 'other-platform', ...REASON })).toBe('done');
    expect(await node('participants:resume', { id: 'other-platform', ...REASON })).toBe('state-conflict');
    expect(await node('participants:suspend', { id: 'provincial-node', ...REASON })).toBe('state-conflict');
    expect(await node('templates:publish', { id: 'GENERAL', version: 1 })).toBe('state-conflict');
    expect(await node('templates:withdraw', { id: 'GENERAL', version: 1, forExisting: false, documentDigest: DOCUMENT })).toBe('done');
    expect(await node('templates:withdraw', { id: 'GENERAL', version: 1, forExisting: false, documentDigest: DOCUMENT })).toBe('state-conflict');
    expect(await node('templates:withdraw', { id: 'GENERAL', version: 1, forExisting: true, documentDigest: DOCUMENT })).toBe('done');
  });

  it('of an item that turns EXPLORATORY leaves it unconnected until its provider states', async () => {
    const item = { code: 'TAX-01', nameZh: '示', nameEn: 'x', contentZh: '示', contentEn: '', class: 'EXPLORATORY' as const, subject: 'ENTERPRISE' as const, mode: 'COLLECTED' as const, route: 'PROVINCIAL' as const, provider: 'tax-bureau', cadence: 'monthly', noWider: false, connected: true };
    await world.submit('provincial-node', 'catalogue:put-items', { items: [item], documentDigest: DOCUMENT });
    expect(await world.read('catalogue-item', 'TAX-01')).toMatchObject({ state: 'PLANNED', version: 2, coveredSince: 2 });
    const move = () => codeOf(world.submit('provincial-node', 'catalogue:move-item', { code: 'TAX-01', to: 'CONNECTED', documentDigest: DOCUMENT }));
    expect(await move()).toBe('document-required');
    await world.submit('tax-bureau', 'catalogue:state-no-trade-secret', { code: 'TAX-01', documentDigest: DOCUMENT });
    expect(await move()).toBe('done');
  });
});
