import { type AnswerBody, ANSWER_MEDIA_TYPE, answerBodySchema, type AnswerRequestBody } from './answer-wire';
import type { DataSource, SourceAnswer, SourceRequest } from './data-source';
import { type ClientCertificate, exchange, type ExchangeAgent, exchangeAgent, type ExchangeAnswer, ExchangeError, type ExchangeLimits } from './http-exchange';
import { outsideEndpoint } from './outside-endpoint';
import { SourceError } from './source-error';
import { type AnswerTrust, verifyAnswer } from './verify-answer';

/** How the gateway shows a provider who it is. */
export type SourceAuthentication = { readonly kind: 'BEARER'; readonly token: string } | ({ readonly kind: 'MUTUAL_TLS' } & ClientCertificate);

/** Limits that hold unless the configuration says otherwise. */
export const DEFAULT_EXCHANGE_LIMITS: ExchangeLimits = { connectMillis: 2_000, totalMillis: 10_000, bodyBytes: 4 * 1024 * 1024 };
/** Most connections to one provider. */
export const MOST_CONNECTIONS = 16;

/** How to reach and believe one provider. */
export interface HttpDataSourceOptions {
  readonly trust: AnswerTrust;
  /** `https:`, or `http:` on a loopback address; without user, query or fragment. */
  readonly endpoint: string;
  readonly authentication: SourceAuthentication;
  /** PEM of the roots that the provider's certificate must lead to; absent: Node's own. */
  readonly authorities?: string;
  /** The credit code of an enterprise, from the gateway's private store; undefined when it has none. */
  readonly resolveSubject: (subjectRef: string) => Promise<string | undefined>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly limits?: Partial<ExchangeLimits>;
}

/** A provider over HTTP: one POST a question, on kept-alive connections. */
export class HttpDataSource implements DataSource {
  private readonly url: URL;
  private readonly agent: ExchangeAgent;
  private readonly limits: ExchangeLimits;

  /** @throws TypeError when the endpoint is not one that a credit code may be sent to. */
  constructor(private readonly options: HttpDataSourceOptions) {
    this.url = endpointOf(options.endpoint, options.authentication);
    this.limits = { ...DEFAULT_EXCHANGE_LIMITS, ...options.limits };
    const client = options.authentication.kind === 'MUTUAL_TLS' ? options.authentication : undefined;
    this.agent = exchangeAgent(this.url, MOST_CONNECTIONS, options.authorities, client);
  }

  async fetch(request: SourceRequest): Promise<SourceAnswer> {
    const subject = await this.options.resolveSubject(request.subjectRef);
    if (subject === undefined) throw this.unavailable(request, 'this gateway has no credit code for the enterprise; register it here first');
    const answer = await this.askWithOneRetry(request, subject);
    const body = decodeAnswer(answer, (detail) => this.invalid(request, detail));
    return verifyAnswer(body, request, this.options.trust, this.options.now());
  }

  /** Closes kept-alive connections. */
  close(): void {
    this.agent.destroy();
  }

  private async askWithOneRetry(request: SourceRequest, subject: string): Promise<ExchangeAnswer> {
    try {
      return await this.ask(request, subject);
    } catch (error) {
      if (!(error instanceof ExchangeError) || !error.retriable) throw this.asSourceError(error, request);
    }
    try {
      return await this.ask(request, subject);
    } catch (error) {
      throw this.asSourceError(error, request);
    }
  }

  private async ask(request: SourceRequest, subject: string): Promise<ExchangeAnswer> {
    const { requestId, item, itemVersion, subjectRef, range, signal } = request;
    const body: AnswerRequestBody = { requestId, network: this.options.trust.network, item, itemVersion, subject, subjectRef, ...(range === undefined ? {} : { range }) };
    const answer = await exchange(this.url, this.agent, this.headers(requestId), Buffer.from(JSON.stringify(body)), this.limits, signal);
    this.assertStatus(answer.status, request);
    return answer;
  }

  private headers(requestId: string): Record<string, string> {
    const { authentication } = this.options;
    return {
      'content-type': ANSWER_MEDIA_TYPE,
      accept: ANSWER_MEDIA_TYPE,
      'x-request-id': requestId,
      ...(authentication.kind === 'BEARER' ? { authorization: `Bearer ${authentication.token}` } : {}),
    };
  }

  private assertStatus(status: number, request: SourceRequest): void {
    if (status === 200) return;
    if (status >= 300 && status < 400) throw this.invalid(request, 'it redirects, which is never followed; set its new address in the configuration');
    if (status === 401 || status === 403) throw this.unavailable(request, `it refuses this gateway (status ${status}); renew the token or client certificate`);
    if (status === 404) throw this.unavailable(request, 'it has no accepted batch that covers the enterprise, or no such item; ask the provider for a new batch');
    if (status === 429 || status >= 500) throw this.unavailable(request, `it is out of order (status ${status}); ask again later`);
    throw this.invalid(request, `it answers with status ${status}; compare its interface with the connector's`);
  }

  private asSourceError(error: unknown, request: SourceRequest): SourceError {
    if (error instanceof SourceError) return error;
    if (!(error instanceof ExchangeError)) return this.unavailable(request, 'the connection failed for a reason unknown; ask again later');
    if (error.failure === 'too-large') return this.invalid(request, `its answer is larger than ${this.limits.bodyBytes} bytes`);
    return this.unavailable(request, SENTENCES[error.failure]);
  }

  private unavailable(request: SourceRequest, detail: string): SourceError {
    return SourceError.unavailable(this.options.trust.provider, request.item, detail);
  }

  private invalid(request: SourceRequest, detail: string): SourceError {
    return SourceError.invalidAnswer(this.options.trust.provider, request.item, detail);
  }
}

const SENTENCES = {
  connect: 'no connection; check its address, its certificate and this gateway\'s client certificate',
  'connect-timeout': 'no connection within the time limit; check the network to it',
  'total-timeout': 'no whole answer within the time limit; ask again later',
  'broken-off': 'it broke off in the middle of its answer; ask again later',
  aborted: 'the request was given up',
} as const;

function endpointOf(endpoint: string, authentication: SourceAuthentication): URL {
  const url = outsideEndpoint(endpoint, 'a data source');
  if (url.protocol === 'http:' && authentication.kind === 'MUTUAL_TLS') throw new TypeError('mutual TLS needs an https address');
  return url;
}

function decodeAnswer(answer: ExchangeAnswer, refuse: (detail: string) => SourceError): AnswerBody {
  if (!/^application\/json(\s*;\s*charset=utf-8)?$/.test(answer.mediaType)) throw refuse('its content type is not application/json');
  if (answer.encoding !== 'identity') throw refuse('its body is compressed, which was not asked for');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(answer.body));
  } catch {
    throw refuse('its body is not JSON in UTF-8');
  }
  const parsed = answerBodySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const pointer = `/${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`;
  throw refuse(`its body breaks the format at ${pointer}`);
}
