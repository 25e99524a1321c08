import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import type { Requester } from '../requester';
import { secretOf } from '../use-cases/secrets';
import { issueToken, tokenKeyOf, verifyToken, type TokenKey } from './access-token';
import { participantOfAssertion } from './client-assertion';
import type { HttpOptions } from './http-options';
import { MAX_CACHED_TOKENS, TOKEN_MILLIS } from './limits';
import { endedLoginKeys } from './login-key';
import { endedOfficers } from './officer';
import { Sessions } from './session';

const BEARER = 'Bearer ';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** A token as it is answered (RFC 6749, section 5.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** Establishes who sends a request; nothing else in the gateway does. */
export class Authenticator {
  readonly sessions: Sessions;
  /** Verified tokens by the header that brought them, so that a token is verified once in its lifetime and a known one is one look-up. */
  readonly #verified = new Map<string, { readonly requester: Requester; readonly until: number }>();
  /** Officers whose time ended, `participant/code`. */
  readonly #endedOfficers = new Set<string>();
  /** Login keys of enterprises that were ended, `enterprise keyId`. */
  readonly #endedKeys = new Set<string>();
  #key: TokenKey | undefined;

  constructor(
    private readonly parts: GatewayParts,
    private readonly options: HttpOptions,
  ) {
    this.sessions = new Sessions(parts, options.origin, options.rpId);
  }

  /** The audience of client assertions. */
  get tokenEndpoint(): string {
    return `${this.options.origin}/oauth/token`;
  }

  /** Reads the key that tokens are made with; before it nobody is authenticated by token. */
  async ready(): Promise<void> {
    if (this.#key !== undefined) return;
    for (const ended of await endedOfficers(this.parts)) this.#endedOfficers.add(ended);
    for (const ended of await endedLoginKeys(this.parts)) this.#endedKeys.add(ended);
    this.#key = tokenKeyOf(this.options.origin, await secretOf(this.parts, 'access-tokens'));
  }

  /**
   * In the demonstration other Hosts than loopback are refused: its tokens are known to everyone, and a name of somebody else's
   * that points here (DNS rebinding) must not reach them.
   * @throws GatewayError host-not-allowed.
   */
  assertHost({ headers }: IncomingMessage): void {
    if (this.options.demonstration !== undefined && !LOOPBACK.test(headers.host ?? '')) throw GatewayError.of('host-not-allowed', 'the demonstration answers to localhost and loopback addresses only');
  }

  /**
   * Who sends a request. Synchronous, and look-ups only for a token that was seen before. What the token's owner has become since it was
   * issued is read at each use: an exit ends it at once.
   * @throws GatewayError unauthenticated.
   */
  requesterOf({ headers }: IncomingMessage): Requester {
    const { authorization } = headers;
    const now = this.parts.clock.now();
    const known = authorization === undefined ? undefined : this.#verified.get(authorization);
    const requester = known !== undefined && now < known.until ? known.requester : this.#firstSeen(authorization, now);
    if (requester.kind === 'PARTICIPANT') this.#assertStillThere(requester);
    else if (requester.loginKey !== undefined && this.#endedKeys.has(`${requester.ref} ${requester.loginKey}`)) throw GatewayError.of('unauthenticated', 'the login key of this token was ended');
    return requester;
  }

  /** The read model keeps participants decoded in memory: one look-up. Demonstration tokens may stand for roles without a record. */
  #assertStillThere({ id, demonstration, officer }: Extract<Requester, { kind: 'PARTICIPANT' }>): void {
    const state = this.parts.readModel.record('participant', id)?.record.state;
    if (state === 'EXITED' || (state === undefined && !demonstration)) throw GatewayError.of('unauthenticated', 'the participant of this token has exited');
    if (officer !== undefined && this.#endedOfficers.has(`${id}/${officer}`)) throw GatewayError.of('unauthenticated', "the time of this token's officer has ended");
  }

  /** From now on no token of the officer counts. */
  endOfficer(participant: string, code: string): void {
    this.#endedOfficers.add(`${participant}/${code}`);
  }

  /** From now on no token that the key opened counts. */
  endLoginKey(enterprise: string, keyId: string): void {
    this.#endedKeys.add(`${enterprise} ${keyId}`);
  }

  #firstSeen(authorization: string | undefined, now: number): Requester {
    if (authorization === undefined || !authorization.startsWith(BEARER)) throw GatewayError.of('unauthenticated', 'send a bearer token: POST /oauth/token for machines, POST /v1/sessions for enterprises');
    this.#verified.delete(authorization);
    const token = authorization.slice(BEARER.length);
    const demonstration = this.options.demonstration?.tokens().get(token);
    if (demonstration !== undefined) return this.#remember(authorization, demonstration, now + TOKEN_MILLIS);
    const verified = this.#key === undefined ? undefined : verifyToken(this.#key, token, now);
    if (verified === undefined) throw GatewayError.of('unauthenticated', 'the bearer token is none of this gateway, or it is over');
    return this.#remember(authorization, verified.requester, verified.until);
  }

  #remember(authorization: string, requester: Requester, until: number): Requester {
    const oldest = this.#verified.keys().next();
    if (this.#verified.size >= MAX_CACHED_TOKENS && oldest.done !== true) this.#verified.delete(oldest.value);
    this.#verified.set(authorization, { requester, until });
    return requester;
  }

  /** A token for a machine that signed a client assertion. @throws GatewayError unauthenticated. */
  async tokenForAssertion(assertion: string): Promise<TokenAnswer> {
    const participant = await participantOfAssertion(this.parts, assertion, this.tokenEndpoint);
    return this.tokenFor({ kind: 'PARTICIPANT', id: participant.id, role: participant.role, demonstration: false });
  }

  /** A token for a requester whose identity was just proved. */
  async tokenFor(requester: Requester): Promise<TokenAnswer> {
    await this.ready();
    if (this.#key === undefined) throw GatewayError.of('not-ready', 'the gateway has no token key');
    const jti = Buffer.from(this.parts.random(16)).toString('hex');
    return { access_token: issueToken(this.#key, requester, jti, this.parts.clock.now()), token_type: 'Bearer', expires_in: TOKEN_MILLIS / 1000 };
  }
}
