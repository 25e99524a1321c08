import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DEFAULT_PORT } from '../config';
import { CommandError, EXIT } from './output';

/** Where a command finds the gateway and as whom it speaks. */
export interface ClientOptions {
  readonly url?: string;
  readonly token?: string;
}

const problemSchema = z.looseObject({ code: z.string(), detail: z.string().optional(), title: z.string().optional(), errors: z.array(z.looseObject({ pointer: z.string(), detail: z.string() })).optional() });

/** A client of a running gateway for the command line: JSON over HTTP with a bearer token. */
export class GatewayClient {
  private readonly url: string;

  constructor(private readonly options: ClientOptions) {
    this.url = (options.url ?? process.env.KESU_URL ?? `http://localhost:${process.env.KESU_PORT ?? DEFAULT_PORT}`).replace(/\/$/, '');
  }

  /** GET; JSON in, or text for other media types. @throws CommandError. */
  get(path: string, accept = 'application/json'): Promise<unknown> {
    return this.call('GET', path, undefined, accept);
  }

  /** POST with an idempotency key of its own. @throws CommandError. */
  post(path: string, body: unknown): Promise<unknown> {
    return this.call('POST', path, body, 'application/json');
  }

  /** GET of a file: its bytes, and SHA-256 of them as the gateway states it (RFC 9530), base64. @throws CommandError. */
  async download(path: string): Promise<{ readonly bytes: Uint8Array; readonly sha256: string | undefined }> {
    const response = await this.send('GET', path, undefined, '*/*');
    const [, sha256] = /sha-256=:([A-Za-z0-9+/=]+):/.exec(response.headers.get('repr-digest') ?? '') ?? [];
    return { bytes: new Uint8Array(await response.arrayBuffer()), sha256 };
  }

  private async call(method: string, path: string, body: unknown, accept: string): Promise<unknown> {
    const response = await this.send(method, path, body, accept);
    return accept === 'application/json' ? response.json() : response.text();
  }

  private async send(method: string, path: string, body: unknown, accept: string): Promise<Response> {
    const token = this.options.token ?? process.env.KESU_TOKEN;
    const headers: Record<string, string> = { accept };
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': randomUUID() });
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }), redirect: 'error' });
    } catch (error) {
      throw new CommandError(EXIT.UNAVAILABLE, `no gateway answers at ${this.url}: start one with \`npm start\`, or name another with --url (${causeOf(error)})`);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
}

async function refusal(response: Response): Promise<CommandError> {
  const parsed = problemSchema.safeParse(await response.json().catch(() => undefined));
  const exitCode = response.status >= 500 || response.status === 429 ? EXIT.UNAVAILABLE : response.status === 400 ? EXIT.WRONG_USE : EXIT.NO;
  if (!parsed.success) return new CommandError(exitCode, `the gateway answered ${response.status}`);
  const { code, title, detail, errors } = parsed.data;
  const faults = (errors ?? []).map((fault) => `\n  ${fault.pointer || '/'}: ${fault.detail}`);
  return new CommandError(exitCode, `${response.status} ${code}: ${detail ?? title ?? ''}${faults.join('')}`);
}

/** The JSON of a file, or of standard input for `-`. @throws CommandError. */
export function readJsonInput(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8'));
  } catch (error) {
    throw new CommandError(EXIT.WRONG_USE, `${path} can't be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
