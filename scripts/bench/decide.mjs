// The one decision in process: 100,000 enterprises with three grants each, a third of the requests denied.
import { createRequire } from 'node:module';
import { atLeast, atMost, figure, optional, percentile, rate, repeated } from './measure.mjs';

const require = createRequire(new URL('../../chaincode/package.json', import.meta.url));
const { decide, initialPolicy, initialPurposes } = require('@kesu/chaincode/domain');

const ENTERPRISES = 100_000;
const AT = '2026-03-01T08:00:00.000Z';
const PURPOSES = ['PRE_LOAN', 'POST_LOAN', 'RISK_MONITORING'];

function ruleBook() {
  const items = Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`TAX-${String(i).padStart(2, '0')}`, { version: 1, coveredSince: 1, class: 'AUTHORIZED', subject: 'ENTERPRISE', mode: 'QUERY', provider: 'tax', state: 'CONNECTED' }]));
  const template = { id: 'FIRST', version: 1, digest: '0'.repeat(64), state: 'PUBLISHED', rawApproved: [], withdrawnForExisting: false };
  const participants = Object.fromEntries(['node', 'platform', 'bank', 'tax'].map((id) => [id, { role: 'provider', mspId: 'NodeMSP' }]));
  return { network: '0'.repeat(32), node: 'node', nodeMspId: 'NodeMSP', organisations: ['NodeMSP'], policy: initialPolicy([]), purposes: initialPurposes(), items, templates: { 'FIRST@1': template }, participants, version: 1 };
}

function participantsOf() {
  const assessment = { assessor: 'a', documentDigest: '0'.repeat(64), at: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' };
  const base = { names: [], mspId: 'NodeMSP', state: 'ADMITTED', regions: [], platforms: [], assessments: {}, documentDigest: '', keys: [], version: 1 };
  return new Map([
    ['node', { ...base, id: 'node', role: 'provincialNode' }],
    ['platform', { ...base, id: 'platform', role: 'platform', connectVia: 'NODE', assessments: { SECURITY: assessment, AUTHORIZATION: { ...assessment, assessor: 'b' } } }],
    ['bank', { ...base, id: 'bank', role: 'recipient', platforms: ['platform'] }],
    ['tax', { ...base, id: 'tax', role: 'provider' }],
  ]);
}

/** The population, as requests with the facts that their decision reads. */
export function population() {
  const book = ruleBook();
  const participants = participantsOf();
  const facts = [];
  for (let i = 0; i < ENTERPRISES; i++) {
    const ref = i.toString(16).padStart(32, '0');
    const enterprise = { ref, kind: 'COMPANY', region: '619901', industry: 'C14', size: 'SMALL', state: 'OPERATING', representative: ref, representativeSince: AT, platforms: ['platform'], marks: [], version: 1 };
    for (const [k, purpose] of PURPOSES.entries()) {
      const loanRef = `${k}${ref.slice(1)}`;
      const needsLoan = purpose !== 'RISK_MONITORING';
      const items = ['TAX-01', 'TAX-02', 'TAX-03'].map((code) => ({ code, version: 1, granularity: 'ANSWER', separateConsent: false }));
      const state = (i + k) % 7 === 0 ? 'REVOKED' : 'ACTIVE';
      const until = (i + k) % 5 === 0 ? '2026-02-01T00:00:00.000Z' : '2026-06-01T00:00:00.000Z';
      const grant = { id: loanRef, template: 'FIRST@1', enterprise: ref, platform: 'platform', recipient: 'bank', items, purpose, oneTime: false, frequency: { times: 5, per: 'DAY' }, retentionDays: 90, from: '2026-01-01T00:00:00.000Z', until, state, version: 1, personSigned: false, givenAt: AT, changedAt: AT, ...(needsLoan ? { loanRef } : {}) };
      const loan = needsLoan ? { ref: loanRef, enterprise: ref, recipient: 'bank', platform: 'platform', product: 'P', state: purpose === 'PRE_LOAN' ? 'APPLIED' : 'NORMAL', changedAt: AT, version: 1 } : undefined;
      const request = { enterprise: ref, recipient: 'bank', items: [{ code: 'TAX-02', granularity: 'ANSWER' }], purpose, grantId: grant.id, ...(needsLoan ? { loanRef } : {}) };
      facts.push({ at: AT, request, requester: 'platform', sender: 'node', ruleBook: book, enterprise, grant, counter: undefined, loan, participants, basisRelease: undefined, sources: undefined });
    }
  }
  return facts;
}

/** What peers are asked: whether the grant permits by state, period, purpose, recipient, item and granularity; the oracle is our decision. */
function assertAgrees(peer, index, facts, isPermitted) {
  if (isPermitted !== (decide(facts[index]).decision === 'PERMIT')) throw new Error(`${peer} disagrees on request ${index}`);
}

/** The question to cedar: a policy over a context made for each request, with the policies parsed before. */
function cedarRate(facts) {
  const cedar = optional('@cedar-policy/cedar-wasm/nodejs');
  if (cedar === undefined) return undefined;
  const staticPolicies = `permit(principal, action == Action::"read", resource) when { context.state == "ACTIVE" && context.from <= context.at && context.at < context.until && context.purpose == context.askedPurpose && context.items.contains(context.item) && principal == context.recipient };`;
  cedar.preparsePolicySet('bench', { staticPolicies });
  const calls = facts.slice(0, 3000).map(({ grant, request }) => ({
    principal: { type: 'Bank', id: request.recipient },
    action: { type: 'Action', id: 'read' },
    resource: { type: 'Enterprise', id: request.enterprise },
    context: { state: grant.state, from: Date.parse(grant.from), until: Date.parse(grant.until), at: Date.parse(AT), purpose: grant.purpose, askedPurpose: request.purpose, items: grant.items.map((item) => item.code), item: request.items[0].code, recipient: { __entity: { type: 'Bank', id: grant.recipient } } },
    preparsedPolicySetId: 'bench',
    entities: [],
  }));
  for (const [index, call] of calls.entries()) {
    const answer = cedar.statefulIsAuthorized(call);
    if (answer.type !== 'success') throw new Error(`cedar fails on request ${index}: ${JSON.stringify(answer)}`);
    assertAgrees('cedar', index, facts, answer.response.decision === 'allow');
  }
  let at = 0;
  return rate(() => cedar.statefulIsAuthorized(calls[(at = (at + 7919) % calls.length)]), 1);
}

/** The question to a covering index over every grant's items, in memory. */
function sqliteRate(facts) {
  const Sqlite = optional('better-sqlite3');
  if (Sqlite === undefined) return undefined;
  const database = new Sqlite(':memory:');
  database.exec('CREATE TABLE items (grantId TEXT, code TEXT, granularity TEXT, purpose TEXT, recipient TEXT, state TEXT, start TEXT, until TEXT, PRIMARY KEY (grantId, code, granularity, purpose, recipient, state, start, until)) WITHOUT ROWID');
  const insert = database.prepare('INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  database.transaction(() => {
    for (const { grant } of facts) for (const item of grant.items) insert.run(grant.id, item.code, item.granularity, grant.purpose, grant.recipient, grant.state, grant.from, grant.until);
  })();
  const question = database.prepare("SELECT 1 FROM items WHERE grantId = ? AND code = ? AND granularity = ? AND purpose = ? AND recipient = ? AND state = 'ACTIVE' AND start <= ? AND until > ?").pluck();
  const ask = ({ request, at }) => question.get(request.grantId, request.items[0].code, request.items[0].granularity, request.purpose, request.recipient, at, at) === 1;
  for (let index = 0; index < 3000; index++) assertAgrees('better-sqlite3', index, facts, ask(facts[index]));
  let at = 0;
  const answered = rate(() => ask(facts[(at = (at + 7919) % facts.length)]), 1);
  database.close();
  return answered;
}

export async function run() {
  const facts = population();
  let at = 0;
  const next = () => facts[(at = (at + 7919) % facts.length)];
  const rates = await repeated(5, () => rate(() => decide(next()), 1));
  const times = new Float64Array(200_000);
  for (let i = 0; i < times.length; i++) {
    const one = next();
    const started = process.hrtime.bigint();
    decide(one);
    times[i] = Number(process.hrtime.bigint() - started) / 1000;
  }
  const figures = [figure('decide, one thread, 300 k grants', rates, '/s', atLeast(400_000)), figure('decide, p99', [percentile(times, 0.99)], 'µs', atMost(10))];
  const missing = [];
  const cedar = cedarRate(facts);
  if (cedar === undefined) missing.push('cedar-wasm: npm install --prefix DIRECTORY @cedar-policy/cedar-wasm, then NODE_PATH=DIRECTORY/node_modules');
  else figures.push(figure('cedar-wasm, policies parsed before, same answers', [cedar], '/s'), figure('decide ÷ cedar-wasm', [figure('', rates, '').value / cedar], '×', atLeast(20)));
  const sqlite = sqliteRate(facts);
  if (sqlite === undefined) missing.push('better-sqlite3: npm install --prefix DIRECTORY --ignore-scripts=false better-sqlite3@12.6.2, then NODE_PATH=DIRECTORY/node_modules');
  else figures.push(figure('better-sqlite3, covering index in memory, same answers', [sqlite], '/s'));
  return { runs: 5, figures, missing };
}
