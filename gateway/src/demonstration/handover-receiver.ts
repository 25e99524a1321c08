import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { verifyP256WithNode } from '@kesu/chaincode';
import { assertP256Signature, canonicalJson, digestOf, instantOf, packageDigest, toBase64url, volumeDigest } from '@kesu/chaincode/domain';
import type { HeldKey } from '../gateway-parts';
import { HANDOVER_MEDIA_TYPE, MAX_HANDOVER_BYTES, signedBytes, signedHandoverSchema, type SignedHandover, type SignedHandoverReceipt } from '../handover';

/** With what a receiver is made. */
export interface HandoverReceiverOptions {
  readonly network: string;
  /** The authorities that this server stands for, each with the key that signs its receipts. */
  readonly keys: ReadonlyMap<string, HeldKey>;
  /** A sender's registered key (SPKI DER, base64url); undefined for one that isn't. */
  readonly keyOf: (sender: string, keyId: string) => string | undefined;
  /** Where received packages are kept, a file each with its receipt. */
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A running receiver. */
export interface HandoverReceiver {
  endpointOf(authority: string): string;
  close(): Promise<void>;
}

/** A refusal with its status. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a court's, an arbitrator's or a notary's system does at the other end, for the demonstration and as an example: it believes nothing but what it computes
 * and what a registered key signed, keeps the package, and answers a signed receipt; a repeat gets the same receipt. On 127.0.0.1 only.
 */
export async function startHandoverReceiver(options: HandoverReceiverOptions): Promise<HandoverReceiver> {
  await mkdir(options.directory, { recursive: true });
  const server = createServer((request, response) => {
    receive(options, request)
      .then((receipt) => send(response, 200, receipt))
      .catch((error: unknown) => send(response, error instanceof Refusal ? error.status : 500, { detail: error instanceof Refusal ? error.message : 'it failed' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpointOf: (authority) => `http://127.0.0.1:${port}/authorities/${authority}/handovers`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function receive(options: HandoverReceiverOptions, request: IncomingMessage): Promise<SignedHandoverReceipt> {
  const authority = /^\/authorities\/([a-z0-9-]+)\/handovers$/.exec(request.url ?? '')?.[1];
  const key = authority === undefined ? undefined : options.keys.get(authority);
  if (authority === undefined || key === undefined) throw new Refusal(404, 'no such authority');
  if (request.method !== 'POST') throw new Refusal(405, 'only POST');
  const signed = await decode(request);
  assertWhole(options, signed, authority);
  const { case: evidenceCase, packageDigest: digest } = signed.handover;
  const path = join(options.directory, `${evidenceCase.id}-${digest.slice(0, 16)}.json`);
  const earlier = await kept(path);
  if (earlier?.receipt.statement.packageDigest === digest && earlier.receipt.statement.authority === authority) return earlier.receipt;
  const statement = { type: 'handover-receipt' as const, network: options.network, caseId: evidenceCase.id, packageDigest: digest, authority, receivedAt: instantOf(options.now()) };
  const receipt: SignedHandoverReceipt = { statement, proof: { keyId: key.keyId, signature: toBase64url(await key.sign(signedBytes(statement))) } };
  await writeFile(`${path}.new`, canonicalJson({ signed, receipt }));
  await rename(`${path}.new`, path);
  return receipt;
}

async function decode(request: IncomingMessage): Promise<SignedHandover> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_HANDOVER_BYTES) throw new Refusal(413, 'too large');
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'no JSON');
  }
  const parsed = signedHandoverSchema.safeParse(json);
  if (!parsed.success) throw new Refusal(400, `breaks the format at /${(parsed.error.issues[0]?.path ?? []).map(String).join('/')}`);
  return parsed.data;
}

/** @throws Refusal when it isn't what a registered key signed, or not what its digests say. */
function assertWhole({ network, keyOf }: HandoverReceiverOptions, { handover, proof }: SignedHandover, authority: string): void {
  if (handover.network !== network || handover.authority !== authority) throw new Refusal(422, 'it is for another ledger or authority');
  const key = keyOf(handover.sender, proof.keyId);
  if (key === undefined) throw new Refusal(401, 'the key is not registered for the sender');
  try {
    assertP256Signature(key, signedBytes(handover), proof.signature, verifyP256WithNode);
  } catch {
    throw new Refusal(401, 'the signature does not verify');
  }
  const heads = handover.volumes.map(({ number }) => handover.case.volumes.find((head) => head.number === number)?.digest);
  const volumes = handover.volumes.map((volume) => volumeDigest(network, volume));
  const sealed = handover.case.volumes.filter(({ digest }) => digest !== undefined);
  const isWhole = digestOf(heads.map((digest) => digest ?? null)) === digestOf(volumes) && sealed.length === volumes.length;
  if (!isWhole || packageDigest(network, handover.case) !== handover.packageDigest) throw new Refusal(422, 'the volumes are not what their digests say');
}

async function kept(path: string): Promise<{ readonly receipt: SignedHandoverReceipt } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as { receipt: SignedHandoverReceipt });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': HANDOVER_MEDIA_TYPE });
  response.end(JSON.stringify(body));
}
