import 'reflect-metadata';
import { createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BasicConstraintsExtension, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import { normaliseSignature } from '@kesu/certs';
import type { PrivateJournal } from '@kesu/network';
import type { Clock } from '../clock';
import { generalizedTime, integer, oid, sequence } from './der-writer';
import { certificateDer, makeSignedData, SHA256_SUITE } from './signed-data';
import { decodeTimestampRequest, encodeTimestampReply, messageImprint, TIMESTAMP_QUERY, TIMESTAMP_REPLY } from './timestamp-request';

/** Whatever the authority's tokens name as their policy: an arc for examples. */
const POLICY = '1.3.6.1.4.1.32473.1';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const TIMESTAMPING = '1.3.6.1.5.5.7.3.8';
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const TEN_YEARS_MILLIS = 3_650 * 86_400_000;
/** Longest request that is read, bytes. */
const MAX_REQUEST_BYTES = 1_024;
const TABLE = 'timestamp-authority';
const SERIAL_BYTES = 12;

interface StoredAuthority {
  readonly root: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * The development timestamp authority: real RFC 3161 tokens by a key of its own, under a root of its own. It is this gateway's word about the time
 * and says so in its name; a real authority is a URL in the configuration.
 */
export class DevelopmentTimestampAuthority {
  readonly #key: KeyObject;

  private constructor(
    private readonly stored: StoredAuthority,
    private readonly clock: Clock,
  ) {
    this.#key = createPrivateKey(stored.privateKey);
  }

  /** Opens the authority that the journal keeps, or makes one. */
  static async open(journal: Pick<PrivateJournal, 'get' | 'commit'>, clock: Clock): Promise<DevelopmentTimestampAuthority> {
    const present = await journal.get(TABLE, 'authority');
    if (present !== undefined) return new DevelopmentTimestampAuthority(JSON.parse(present.toString('utf8')) as StoredAuthority, clock);
    const made = await makeAuthority(clock.now());
    await journal.commit([{ table: TABLE, key: 'authority', value: Buffer.from(JSON.stringify(made)) }]);
    return new DevelopmentTimestampAuthority(made, clock);
  }

  /** The root that a trust file names, PEM. */
  get root(): string {
    return this.stored.root;
  }

  /** The reply to a request, both DER. */
  async answer(request: Uint8Array): Promise<Uint8Array> {
    const asked = decodeTimestampRequest(request);
    if (asked === undefined) return encodeTimestampReply(undefined);
    const serial = Buffer.concat([Buffer.of(1), randomBytes(SERIAL_BYTES)]);
    const info = sequence(integer(1), oid(POLICY), messageImprint(asked.hash), integer(serial), generalizedTime(this.clock.now()), integer(asked.nonce));
    const signer = { certificate: certificateDer(this.stored.certificate), sign: async (message: Uint8Array) => normaliseSignature(sign('sha256', message, this.#key)) ?? new Uint8Array() };
    const made = await makeSignedData({ suite: SHA256_SUITE, signer, contentType: TST_INFO, content: info, encapsulated: true, attributes: [] });
    return encodeTimestampReply(made.encode());
  }

  /** Serves it on 127.0.0.1. @returns its URL and how to stop it. */
  async serve(): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const server = createServer((request, response) => void this.#serveOne(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/`,
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }

  async #serveOne(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
      if (Buffer.concat(chunks).length > MAX_REQUEST_BYTES) break;
    }
    const isQuery = request.method === 'POST' && request.headers['content-type'] === TIMESTAMP_QUERY;
    const body = isQuery ? await this.answer(Buffer.concat(chunks)) : new Uint8Array();
    response.writeHead(isQuery ? 200 : 400, { 'content-type': TIMESTAMP_REPLY, 'content-length': body.length });
    response.end(body);
  }
}

async function makeAuthority(now: number): Promise<StoredAuthority> {
  const { crypto } = globalThis;
  const [rootKeys, keys] = [await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']), await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])];
  const period = { notBefore: new Date(now), notAfter: new Date(now + TEN_YEARS_MILLIS), signingAlgorithm: ECDSA };
  const name = 'CN=Kesu development timestamp authority (proves no time to others)';
  const root = await X509CertificateGenerator.createSelfSigned({ ...period, serialNumber: serial(), name: `${name} root`, keys: rootKeys, extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)] }, crypto);
  const certificate = await X509CertificateGenerator.create(
    { ...period, serialNumber: serial(), issuer: root.subject, subject: name, publicKey: keys.publicKey, signingKey: rootKeys.privateKey, extensions: [new BasicConstraintsExtension(false, undefined, true), new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), new ExtendedKeyUsageExtension([TIMESTAMPING], true)] },
    crypto,
  );
  const privateKey = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { root: root.toString('pem'), certificate: certificate.toString('pem'), privateKey };
}

function serial(): string {
  return `01${randomBytes(SERIAL_BYTES).toString('hex')}`;
}
