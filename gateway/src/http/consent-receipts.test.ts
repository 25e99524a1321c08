import { canonicalJson, utf8ToBytes, type ConsentReceipt } from '@kesu/chaincode/domain';
import { verifyFile, type FailureCode, type TrustFile } from '@kesu/verifier';
import { receiptCode, receiptPaper } from '../evidence/consent-paper';
import { EvidenceWorld } from '../evidence/testing/evidence-world';
import { HttpWorld, type Caller } from './testing/http-world';

let made: EvidenceWorld;
let http: HttpWorld;
let good: ConsentReceipt;

beforeAll(async () => {
  made = await EvidenceWorld.open();
  http = await HttpWorld.over(made.logs.releases, { evidenceLog: made.log });
  good = (await http.get(path(), 'enterprise')).body as ConsentReceipt;
});
afterAll(async () => {
  await http.server.stop();
  await made.dispose();
});

const path = (query = ''): string => `/v1/grants/${made.grant.id}/receipt${query}`;

function verified(receipt: unknown, trust: Partial<TrustFile> = {}) {
  const { kind, verdict, checks } = verifyFile(utf8ToBytes(JSON.stringify(receipt, null, 2)), made.trust(trust));
  return { kind, verdict, codes: checks.filter(({ state }) => state === 'FAIL').map(({ code }) => code), value: (name: string) => checks.find((check) => check.name === name)?.value ?? '' };
}

describe('a consent receipt', () => {
  it('proves alone that the letter was signed and given, and what became of it', () => {
    const { kind, verdict, codes, value } = verified(good);
    expect({ kind, verdict, codes }).toEqual({ kind: 'consent-receipt', verdict: 'PROVEN', codes: [] });
    expect(value('letters')).toBe('示范有限公司');
    expect(value('grant-history')).toContain('grant → revoke; REVOKED');
    expect(good.consent).toMatchObject({
      recordMetadata: { recordId: made.grant.id, piiPrincipalId: made.grant.enterprise },
      piiProcessing: { purposes: [{ purpose: made.grant.purpose, lawfulBasis: 'consent', retentionPeriod: `P${made.grant.retentionDays}D`, piiInformation: [{ name: { zh: '纳税信息' } }, {}] }] },
      events: [{ eventType: 'explicit', eventState: 'ACTIVE' }, { eventType: 'withdrawal', eventState: 'REVOKED' }],
    });
    expect(good.grant).toMatchObject({ id: made.grant.id, state: 'REVOKED', version: 2 });
  });

  it('comes with its proof to the enterprise, its platform and overseers; with names to the parties only', async () => {
    http.tokens.set('demo-auditor', { kind: 'PARTICIPANT', id: 'audit-office', role: 'auditor', demonstration: true });
    for (const [caller, isProven, isNamed] of [['enterprise', true, true], ['platform', true, true], ['node', true, true], ['bank', false, true], [{ token: 'demo-auditor' }, true, false]] as [Caller, boolean, boolean][]) {
      const { status, body } = await http.get(path(), caller);
      const receipt = body as Partial<ConsentReceipt>;
      expect([caller, status, receipt.proof !== undefined, receipt.identity !== undefined, receipt.signed !== undefined]).toEqual([caller, 200, isProven, isNamed, true]);
      if (isProven) expect(verified(receipt).verdict).toBe('PROVEN');
    }
    expect((await http.get(path(), 'provider')).status).toBe(403);
    expect((await http.get(`/v1/grants/${'ab'.repeat(16)}/receipt`, 'enterprise')).status).toBe(404);
  });

  it('prints on A4 in both languages, the same bytes for the same receipt', async () => {
    for (const language of ['zh', 'en'] as const) {
      const response = await fetch(http.url + path(`?format=pdf&language=${language}`), { headers: { authorization: `Bearer ${http.tokenOf('enterprise') ?? ''}` } });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      expect(Buffer.from(await response.arrayBuffer()).subarray(0, 5).toString()).toBe('%PDF-');
      const [one, other] = [await receiptPaper(good, language), await receiptPaper(good, language)];
      expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true);
      expect(receiptCode(good)).toMatch(/^http:\/\/localhost:4010\/v1\/grants\/[0-9a-f]{32}\/receipt#entry=[0-9a-f]{64}$/);
    }
    expect((await http.get(path('?format=pdf'), { token: 'demo-auditor' })).status).toBe(404);
  });

  type Value = Record<string, unknown>;
  const kindOf = (fact: ConsentReceipt['proof']['facts'][number]): string => fact.event.kind;
  const eventOf = (receipt: ConsentReceipt, kind: string): Value => receipt.proof.facts.find((fact) => kindOf(fact) === kind)?.event as unknown as Value;

  it.each<readonly [string, FailureCode, (receipt: ConsentReceipt) => void]>([
    ['with a member that no receipt has', 'part-malformed', (receipt) => Object.assign(receipt, { more: 1 })],
    ['without a checkpoint', 'part-malformed', (receipt) => Object.assign(receipt, { proof: { facts: receipt.proof.facts } })],
    ['of another ledger', 'bundle-network-foreign', (receipt) => Object.assign(receipt, { network: 'ab'.repeat(16) })],
    ['with its facts in another order', 'fact-order', (receipt) => receipt.proof.facts.reverse()],
    ['that says the grant is in force', 'consent-receipt-differs', (receipt) => Object.assign(receipt.grant, { state: 'ACTIVE', version: 1 })],
    ['that says it was given elsewhere', 'consent-receipt-differs', (receipt) => Object.assign(receipt.position, { item: 9 })],
    ['that says it was given at another time', 'consent-receipt-differs', (receipt) => Object.assign(receipt, { claimedTime: '2026-01-01T12:00:00.000Z' })],
    ['with another signed letter', 'consent-receipt-differs', (receipt) => Object.assign(receipt.signed.statement, { retentionDays: 366 })],
    ['with a consent record for another purpose', 'consent-receipt-differs', (receipt) => Object.assign(receipt.consent.piiProcessing.purposes[0] ?? {}, { purpose: 'RISK_MONITORING' })],
    ['without the withdrawal in its consent record', 'consent-receipt-differs', (receipt) => receipt.consent.events.pop()],
    ['without the event that gave the grant', 'fact-missing', (receipt) => receipt.proof.facts.splice(receipt.proof.facts.findIndex((fact) => kindOf(fact) === 'grant'), 1)],
    ['with an event of another grant', 'fact-foreign', (receipt) => Object.assign(eventOf(receipt, 'grant').record as Value, { id: 'ab'.repeat(16) })],
    ['whose history skips a version', 'consent-history-broken', (receipt) => Object.assign((receipt.proof.facts.filter((fact) => kindOf(fact) === 'grant').at(-1)?.event as unknown as { record: Value }).record, { version: 3 })],
    ['whose key was lost before', 'statement-key-not-live', (receipt) => ((eventOf(receipt, 'signatories').record as Value).keys as Value[]).forEach((key) => (key.state = 'LOST'))],
    ['whose signature is another\u2019s', 'statement-signature-invalid', (receipt) => Object.assign((eventOf(receipt, 'grant').signed as Value).envelope as Value, { nonce: 'A'.repeat(22) })],
    ['by another name', 'identity-digest-mismatch', (receipt) => Object.assign(receipt.identity ?? {}, { name: '另一有限公司' })],
    ['with another letter to read', 'letter-text-mismatch', (receipt) => Object.assign(receipt.letter?.zh ?? {}, { text: '1 不授权' })],
    ['with an event changed', 'leaf-event-mismatch', (receipt) => Object.assign(eventOf(receipt, 'enterprise').record as Value, { state: 'DORMANT' })],
    ['with a path cut short', 'leaf-not-included', (receipt) => receipt.proof.facts[0]?.path.pop()],
    ['under another checkpoint', 'checkpoint-malformed', (receipt) => Object.assign(receipt.proof, { checkpoint: 'kesu/x\n' })],
  ])('%s is refused', (_name, code, change) => {
    const receipt = JSON.parse(canonicalJson(good)) as ConsentReceipt;
    change(receipt);
    const { verdict, codes } = verified(receipt);
    expect(verdict).toBe('REFUTED');
    expect(codes).toContain(code);
  });

  it('with too few cosigners is refused', () => {
    const { cosigners } = made.trustFile();
    const text = { ...good, proof: { ...good.proof, checkpoint: good.proof.checkpoint.split('\n').slice(0, -2).concat('').join('\n') } };
    expect(verified(text, { cosigners }).codes).toContain('cosigners-too-few');
  });
});
