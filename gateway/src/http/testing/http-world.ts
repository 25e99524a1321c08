import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { instantOf, DAY_MILLIS, fromBase64url, toBase64url, utf8ToBytes, type GrantAction } from '@kesu/chaincode/domain';
import { pino } from 'pino';
import type { Requester } from '../../requester';
import { CAST, CAST_ROLES, ITEMS, TEMPLATE_ID, type CastMember } from '../../testing/test-cast';
import type { TestEnterprise, TestWorld } from '../../testing/test-world';
import { ReleaseWorld } from '../../use-cases/testing/release-world';
import { subjectChanges } from '../../use-cases/subject-map';
import { createGatewayServer, type GatewayServer } from '../gateway-server';
import type { HttpOptions } from '../http-options';

/** An answer with its body decoded where it is JSON. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly text: string;
}

/** Who calls: one of the cast, the world's enterprise, a token, or nobody. */
export type Caller = CastMember | 'enterprise' | { readonly token: string } | undefined;

/** A valid credit code of the demonstration's region part. */
export const CREDIT_CODE = '91619900MA6TEQTX0L';

/** A gateway on an ephemeral port over a test world: real HTTP, ledger, projection and journal; what it logs is kept. */
export class HttpWorld {
  readonly tokens = new Map<string, Requester>();
  readonly logged: string[] = [];
  url = '';
  #server: GatewayServer | undefined;

  private constructor(readonly releases: ReleaseWorld) {}

  static async open(options: Partial<HttpOptions> = {}): Promise<HttpWorld> {
    return HttpWorld.over(await ReleaseWorld.open(), options);
  }

  /** The same over a world that is open. */
  static async over(releases: ReleaseWorld, options: Partial<HttpOptions> = {}): Promise<HttpWorld> {
    const made = new HttpWorld(releases);
    await made.#start(options);
    return made;
  }

  get world(): TestWorld {
    return this.releases.world;
  }

  get server(): GatewayServer {
    if (this.#server === undefined) throw new Error('the server is not started');
    return this.#server;
  }

  async #start(options: Partial<HttpOptions>): Promise<void> {
    const { world, releases } = this;
    for (const member of Object.keys(CAST) as CastMember[]) this.tokens.set(`demo-${member}`, { kind: 'PARTICIPANT', id: CAST[member], role: CAST_ROLES[member].role, demonstration: true });
    this.tokens.set('demo-enterprise', { kind: 'ENTERPRISE', ref: world.enterprise.ref });
    await this.know(world.enterprise);
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.logged.push(line) });
    this.#server = createGatewayServer({ ...releases.parts, log }, { origin: 'http://localhost:4010', rpId: 'localhost', demonstration: { tokens: () => this.tokens }, ...options });
    await new Promise<void>((resolve) => this.server.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /** Tells the node's subject map of an enterprise. */
  async know(enterprise: TestEnterprise, creditCode = CREDIT_CODE, name = '示范有限公司'): Promise<void> {
    const { representative } = await this.world.read<{ representative: string }>('enterprise', enterprise.ref);
    const { store, random } = this.releases.parts;
    await store.commit(await subjectChanges({ store, random }, { ref: enterprise.ref, name, creditCode, persons: { [representative]: '张示范' } }));
  }

  /** The bearer token of a caller. */
  tokenOf(caller: Caller): string | undefined {
    if (caller === undefined) return undefined;
    return typeof caller === 'string' ? `demo-${caller}` : caller.token;
  }

  /** An access token that one of the cast gets for a signed client assertion. */
  async machineToken(member: CastMember): Promise<string> {
    const key = this.world.requestKeys.get(CAST[member]);
    if (key === undefined) throw new Error(`${member} has no request key`);
    const encoded = (value: object): string => toBase64url(utf8ToBytes(JSON.stringify(value)));
    const seconds = Math.floor(this.world.clock.time / 1000);
    const claims = { iss: CAST[member], sub: CAST[member], aud: 'http://localhost:4010/oauth/token', exp: seconds + 60, jti: randomUUID() };
    const signed = `${encoded({ alg: 'ES256', kid: key.keyId })}.${encoded(claims)}`;
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: `${signed}.${key.signBytes(utf8ToBytes(signed))}` });
    const answer = await this.send('POST', '/oauth/token', undefined, { body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    return (answer.body as { access_token: string }).access_token;
  }

  async send(method: string, path: string, caller: Caller, { body, headers = {} }: { readonly body?: string | Uint8Array | undefined; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<Answered> {
    const token = this.tokenOf(caller);
    const response = await fetch(this.url + path, { method, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers }, ...(body === undefined ? {} : { body: body as string }) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && !response.headers.get('content-type')?.includes('jsonl');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  get(path: string, caller: Caller): Promise<Answered> {
    return this.send('GET', path, caller);
  }

  post(path: string, caller: Caller, body: unknown, key: string = randomUUID()): Promise<Answered> {
    return this.send('POST', path, caller, { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'idempotency-key': key } });
  }

  /** A letter of the world's template: both items as ANSWER for EVALUATION, a month. */
  wantedLetter(changes: Readonly<Record<string, unknown>> = {}) {
    return {
      template: { id: TEMPLATE_ID, version: 1 },
      platform: CAST.platform,
      recipient: CAST.bank,
      items: [ITEMS.collected, ITEMS.live].map((code) => ({ code, granularity: 'ANSWER', separateConsent: false })),
      purpose: 'EVALUATION',
      oneTime: false,
      frequency: { times: 1, per: 'DAY' },
      retentionDays: 30,
      until: instantOf(this.world.clock.time + 30 * DAY_MILLIS),
      ...changes,
    };
  }

  /** Makes a letter set. */
  letterSet(body: object = { enterprise: this.world.enterprise.ref, letters: [this.wantedLetter()] }, caller: Caller = 'enterprise'): Promise<Answered> {
    return this.post('/v1/letter-sets', caller, body);
  }

  /** What the enterprise's key makes of a shown set. */
  signed(set: Answered, by: TestEnterprise = this.world.enterprise) {
    const { id, bytes } = set.body as { id: string; bytes: string };
    return { letterSetId: id, signatures: [{ keyId: by.key.keyId, signature: by.key.signBytes(fromBase64url(bytes) ?? new Uint8Array()) }] };
  }

  /** A whole consent: letters asked for, signed, brought. */
  async giveGrant(changes: Readonly<Record<string, unknown>> = {}, caller: Caller = 'enterprise'): Promise<Answered> {
    const set = await this.letterSet({ enterprise: this.world.enterprise.ref, letters: [this.wantedLetter(changes)] });
    return this.post('/v1/grants', caller, this.signed(set));
  }

  /** A transition by the enterprise's signature, brought to the grant's own path. */
  async transit(grantId: string, action: GrantAction, step: string, caller: Caller = 'enterprise'): Promise<Answered> {
    const set = await this.letterSet({ enterprise: this.world.enterprise.ref, transitions: [{ grantId, action }] });
    return this.post(`/v1/grants/${grantId}/${step}`, caller, this.signed(set));
  }

  /** The check that a bank asks. */
  check(changes: Readonly<Record<string, unknown>> = {}, caller: Caller = 'bank'): Promise<Answered> {
    return this.post('/access/v1/evaluation', caller, {
      subject: { type: 'recipient', id: CAST.bank },
      action: { name: 'read' },
      resource: { type: 'catalogue-item', id: ITEMS.collected, properties: { enterprise: this.world.enterprise.ref } },
      context: { purpose: 'EVALUATION' },
      ...changes,
    });
  }

  /** A release that the platform asks for the bank. */
  release(changes: Readonly<Record<string, unknown>> = {}, caller: Caller = 'platform', key?: string): Promise<Answered> {
    return this.post('/v1/releases', caller, { enterprise: this.world.enterprise.ref, recipient: CAST.bank, items: [{ code: ITEMS.collected, granularity: 'ANSWER' }], purpose: 'EVALUATION', ...changes }, key);
  }

  async dispose(): Promise<void> {
    await this.#server?.stop();
    await this.releases.dispose();
  }
}
