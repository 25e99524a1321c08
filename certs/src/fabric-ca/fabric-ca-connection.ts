import 'reflect-metadata';
import { sign } from 'node:crypto';
import { Agent, type RequestOptions } from 'node:https';
import { Socket } from 'node:net';
import { AuthorityKeyIdentifierExtension } from '@peculiar/x509';
import { z } from 'zod';
import type { Attributes, NodeRole } from '../certificate-profile';
import type { RevocationReason } from '../development-authority';
import { EnrolmentError } from '../enrolment-error';
import { parseCertificate } from '../parsed-certificate';
import { normaliseSignature } from '../signing';
import { decodeFabricCaError } from './fabric-ca-error';

/** Where an organisation's fabric-ca-server is and by what its TLS certificate is judged. */
export interface FabricCaEndpoint {
  /** `https://host:port`. */
  readonly url: string;
  /** The authority's name where the server runs several; its default authority when absent. */
  readonly caName?: string;
  /** Roots of the server's TLS certificate, PEM, one a string; at least one. */
  readonly tlsRoots: readonly string[];
  /** For how long the server may be silent in a call, milliseconds; 20 s when absent. */
  readonly silenceMillis?: number;
}

/** A certificate (PEM) with its private key (PEM) that signs calls to the authority. */
export interface CallSigner {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What an authority answers to an enrolment. */
export interface IssuedByFabricCa {
  /** PEM. */
  readonly certificate: string;
  /** The authority's own certificate chain, PEM, one a string. */
  readonly chain: readonly string[];
}

/** An identity to register at the authority. */
export interface FabricCaRegistration {
  readonly id: string;
  readonly secret: string;
  readonly role: NodeRole;
  /** Each stands in the certificates. */
  readonly attributes: Attributes;
}

/** What is to be revoked there: an identity, or one certificate by serial and authority key id (hex). */
export type FabricCaRevocation = { readonly id: string } | { readonly serial: string; readonly aki: string };

interface ClientSigner {
  readonly _certificate: string;
  sign(message: string): Buffer;
}

interface CallParts {
  readonly body?: object;
  readonly signer?: CallSigner;
  /** `id:secret`. */
  readonly auth?: string;
}

/** The client inside `fabric-ca-client` 2.2.20, of which the version is pinned: its `FabricCAServices` makes keys in JavaScript. */
interface FabricCaClient {
  request(verb: Verb, method: string, signer: ClientSigner | undefined, body: object | undefined, options: RequestOptions): Promise<unknown>;
}

type Verb = 'GET' | 'POST' | 'PUT';

type FabricCaClientClass = new (
  options: {
    readonly protocol: string;
    readonly hostname: string;
    readonly port: number;
    readonly caname: string | undefined;
    readonly tlsOptions: { readonly trustedRoots: readonly string[]; readonly verify: true };
  },
  primitives: { hash(): string },
) => FabricCaClient;

/** The root affiliation: no organisational unit beside the NodeOU class comes into a certificate. */
const NO_AFFILIATION = '.';
/** As many enrolments as the authority's own configuration allows. */
const CONFIGURED_ENROLMENTS = 0;
const HTTPS_PORT = 443;
/** A busy server hashes secrets slowly on purpose. */
const SILENCE_MILLIS = 20_000;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const base64 = z.string().transform((text) => Buffer.from(text, 'base64').toString('utf8'));
const infoSchema = z.object({ result: z.object({ CAChain: base64 }) });
const enrolledSchema = z.object({ result: z.object({ Cert: base64, ServerInfo: z.object({ CAChain: base64 }) }) });
const listSchema = z.object({ result: z.object({ CRL: base64 }) });
const certificatesSchema = z.object({ result: z.object({ certs: z.array(z.object({ PEM: z.string() })) }) });

/**
 * The calls to one fabric-ca-server, over TLS that is always verified. This file is the only one that imports
 * `fabric-ca-client`. Every method throws EnrolmentError and only that.
 */
export class FabricCaConnection {
  readonly #client: FabricCaClient;
  readonly #endpoint: string;
  readonly #caName: string | undefined;
  readonly #agent: PatientAgent;

  /** @throws EnrolmentError `request-malformed` for a URL that is not https, `authority-untrusted` without usable roots. */
  constructor({ url, caName, tlsRoots, silenceMillis = SILENCE_MILLIS }: FabricCaEndpoint) {
    const { hostname, port, host } = httpsUrl(url);
    requireRoots(tlsRoots);
    this.#endpoint = host;
    this.#caName = caName;
    this.#agent = new PatientAgent(silenceMillis);
    // Without tlsOptions the client doesn't verify the server at all.
    const tlsOptions = { trustedRoots: tlsRoots, verify: true } as const;
    const options = { protocol: 'https', hostname, port: port === '' ? HTTPS_PORT : Number(port), caname: caName, tlsOptions };
    this.#client = new (clientClass())(options, { hash: () => '' });
  }

  /** The authority's certificate chain, PEM, one a string. Needs no credentials. */
  async chain(): Promise<readonly string[]> {
    const { result } = await this.#call(infoSchema, 'POST', 'cainfo', { body: {} });
    return blocksOf(result.CAChain);
  }

  /** A certificate for whom id and secret identify, with these attributes of the identity and no others. */
  enrol(id: string, secret: string, request: { readonly csr: string; readonly profile?: 'tls'; readonly attributes: readonly string[] }): Promise<IssuedByFabricCa> {
    const { csr, profile, attributes } = request;
    const body = { certificate_request: csr, ...(profile && { profile }), attr_reqs: attributes.map((name) => ({ name, optional: false })) };
    return this.#issued('enroll', { body, auth: `${id}:${secret}` });
  }

  /** A further certificate for whom holds one. */
  reenrol(signer: CallSigner, csr: string, attributes: readonly string[]): Promise<IssuedByFabricCa> {
    const body = { certificate_request: csr, attr_reqs: attributes.map((name) => ({ name, optional: false })) };
    return this.#issued('reenroll', { body, signer });
  }

  /** Registers an identity without affiliation. */
  async register(registrar: CallSigner, { id, secret, role, attributes }: FabricCaRegistration): Promise<void> {
    const attrs = Object.entries(attributes).map(([name, value]) => ({ name, value, ecert: true }));
    const body = { id, type: role, secret, affiliation: NO_AFFILIATION, max_enrollments: CONFIGURED_ENROLMENTS, attrs };
    await this.#call(z.unknown(), 'POST', 'register', { body, signer: registrar });
  }

  /** Gives a registered identity another secret. */
  async changeSecret(registrar: CallSigner, id: string, secret: string): Promise<void> {
    await this.#call(z.unknown(), 'PUT', `identities/${encodeURIComponent(id)}`, { body: { secret }, signer: registrar });
  }

  /** Every certificate issued, of one identity or with one serial (hex) where asked; revoked and expired ones too. PEM. */
  async certificates(registrar: CallSigner, filter: { readonly id: string } | { readonly serial: string } | undefined): Promise<readonly string[]> {
    const query = new URLSearchParams({ ...filter, ...(this.#caName !== undefined && { ca: this.#caName }) }).toString();
    const path = query === '' ? 'certificates' : `certificates?${query}`;
    const { result } = await this.#call(certificatesSchema, 'GET', path, { signer: registrar });
    return result.certs.map(({ PEM }) => PEM);
  }

  /** Revokes; fabric-ca knows reasons in lower case only and takes an unknown one for `unspecified`. */
  async revoke(registrar: CallSigner, what: FabricCaRevocation, reason: RevocationReason): Promise<void> {
    const body = { ...what, reason: reason.toLowerCase(), gencrl: false };
    await this.#call(z.unknown(), 'POST', 'revoke', { body, signer: registrar });
  }

  /** A newly signed list of every revoked certificate, X.509 CRL as PEM. */
  async revocationList(registrar: CallSigner): Promise<string> {
    const { result } = await this.#call(listSchema, 'POST', 'gencrl', { body: {}, signer: registrar });
    return result.CRL;
  }

  async #issued(method: string, parts: CallParts): Promise<IssuedByFabricCa> {
    const { result } = await this.#call(enrolledSchema, 'POST', method, parts);
    return { certificate: result.Cert, chain: blocksOf(result.ServerInfo.CAChain) };
  }

  async #call<T>(schema: z.ZodType<T>, verb: Verb, method: string, { body, signer, auth }: CallParts): Promise<T> {
    try {
      const options = { agent: this.#agent, timeout: this.#agent.silenceMillis, ...(auth !== undefined && { auth }) };
      return schema.parse(await this.#client.request(verb, method, signer && clientSigner(signer), body, options));
    } catch (cause) {
      throw decodeFabricCaError(cause, this.#endpoint);
    }
  }
}

/**
 * A connection for each call, since on one that is used again the client's listeners pile up. The client allows three seconds
 * of silence, too few on a busy machine, and takes another figure only from the environment of the whole process.
 */
class PatientAgent extends Agent {
  constructor(readonly silenceMillis: number) {
    super({ keepAlive: false });
  }

  override createConnection(...args: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...args);
    if (socket instanceof Socket) {
      const set = socket.setTimeout.bind(socket);
      socket.setTimeout = (_millis, callback) => set(this.silenceMillis, callback);
    }
    return socket;
  }
}

/** Loaded late: the client reads its own configuration from the environment when it is first required. */
function clientClass(): FabricCaClientClass {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- late, and without types of its own
  return require('fabric-ca-client/lib/FabricCAClient.js') as FabricCaClientClass;
}

function httpsUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.pathname === '/') return url;
  throw new EnrolmentError('request-malformed', 'The authority’s url is https://host:port, without path and credentials.');
}

function requireRoots(tlsRoots: readonly string[]): void {
  if (tlsRoots.length === 0) throw new EnrolmentError('authority-untrusted', 'CA without TLS roots: its server can’t be told from another.');
  try {
    tlsRoots.forEach((pem) => parseCertificate(pem));
  } catch (cause) {
    throw new EnrolmentError('authority-untrusted', 'A TLS root of the authority is not one PEM certificate.', { cause });
  }
}

/** The server refuses high-S signatures, and the client's own signer is pure JavaScript. */
function clientSigner({ certificate, privateKey }: CallSigner): ClientSigner {
  return {
    _certificate: certificate,
    sign: (message) => {
      const signature = normaliseSignature(sign('sha256', Buffer.from(message), privateKey));
      if (signature === undefined) throw new EnrolmentError('key-mismatch', 'The key that signs calls to the authority is not a P-256 key.');
      return Buffer.from(signature);
    },
  };
}

function blocksOf(chain: string): string[] {
  return (chain.match(PEM_CERTIFICATE) ?? []).map((block) => `${block}\n`);
}

/** The authority key id of a certificate (PEM), lower-case hex: with the serial fabric-ca's name of a certificate. */
export function authorityKeyIdOf(certificate: string): string {
  return parseCertificate(certificate).fields.getExtension(AuthorityKeyIdentifierExtension)?.keyId?.toLowerCase() ?? '';
}
