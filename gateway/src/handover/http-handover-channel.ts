import { canonicalJson } from '@kesu/chaincode/domain';
import { exchange, exchangeAgent, ExchangeError, type ClientCertificate, type ExchangeAgent, type ExchangeAnswer, type ExchangeLimits } from '../data-source/http-exchange';
import { outsideEndpoint } from '../data-source/outside-endpoint';
import { HandoverError, type HandoverChannel } from './handover-channel';
import { HANDOVER_MEDIA_TYPE, signedReceiptSchema, type SignedHandover, type SignedHandoverReceipt } from './handover-wire';

/** Limits of one delivery. */
export const HANDOVER_LIMITS: ExchangeLimits = { connectMillis: 5_000, totalMillis: 30_000, bodyBytes: 64 * 1024 };

/** How to reach an authority's system. */
export interface HttpHandoverOptions {
  /** `https:`, or `http:` on a loopback address. */
  readonly endpoint: string;
  /** PEM of the roots that its certificate must lead to; absent: Node's own. */
  readonly authorities?: string;
  /** The gateway's side of mutual TLS. */
  readonly client?: ClientCertificate;
  readonly limits?: Partial<ExchangeLimits>;
}

/** Hands cases over with one signed POST each; follows no redirect. */
export class HttpHandoverChannel implements HandoverChannel {
  private readonly url: URL;
  private readonly agent: ExchangeAgent;
  private readonly limits: ExchangeLimits;

  /** @throws TypeError for an address that cases may not be sent to. */
  constructor(options: HttpHandoverOptions) {
    this.url = outsideEndpoint(options.endpoint, "an authority's system");
    this.agent = exchangeAgent(this.url, 2, options.authorities, options.client);
    this.limits = { ...HANDOVER_LIMITS, ...options.limits };
  }

  async deliver(handover: SignedHandover, signal: AbortSignal): Promise<SignedHandoverReceipt> {
    const headers = { 'content-type': HANDOVER_MEDIA_TYPE, accept: HANDOVER_MEDIA_TYPE, 'idempotency-key': handover.handover.packageDigest };
    try {
      return receiptIn(await exchange(this.url, this.agent, headers, Buffer.from(canonicalJson(handover), 'utf8'), this.limits, signal));
    } catch (error) {
      if (error instanceof HandoverError) throw error;
      throw new HandoverError('unavailable', error instanceof ExchangeError ? `no receipt: ${error.failure}` : 'no receipt: the connection failed');
    }
  }

  /** Closes kept-alive connections. */
  close(): void {
    this.agent.destroy();
  }
}

function receiptIn({ status, mediaType, encoding, body }: ExchangeAnswer): SignedHandoverReceipt {
  if (status === 429 || status >= 500) throw new HandoverError('unavailable', `it is out of order (status ${status})`);
  if (status !== 200 && status !== 201) throw new HandoverError('refused', `it answers with status ${status}`);
  const isJson = encoding === 'identity' && /^application\/json(\s*;\s*charset=utf-8)?$/.test(mediaType);
  const parsed = signedReceiptSchema.safeParse(isJson ? jsonOf(body) : undefined);
  if (!parsed.success) throw new HandoverError('invalid-receipt', `its answer breaks the format at /${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`);
  return parsed.data;
}

/** The JSON of a body; undefined, which no schema takes, when it is none. */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
