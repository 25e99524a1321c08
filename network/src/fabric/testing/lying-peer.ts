import { readFile } from 'node:fs/promises';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { common, orderer, protos } from 'fabric-protos';

/** A gRPC message begins with one byte that says it isn't compressed, and four of its length. */
const PREFIX_BYTES = 5;

/** Blocks of a chain of its own, over gRPC as a peer's deliver service gives them out. */
export interface LyingPeer {
  readonly port: number;
  close(): void;
}

/** @param tls paths of the certificate and key that its clients expect. */
export async function aLyingPeer(tls: { readonly certificate: string; readonly privateKey: string }): Promise<LyingPeer> {
  const server = createSecureServer({ cert: await readFile(tls.certificate), key: await readFile(tls.privateKey) });
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('error', () => undefined);
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

/** To whoever asks for a block: one of that number, and that there are no more. */
function answer(stream: ServerHttp2Stream): void {
  let asked = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    asked = Buffer.concat([asked, chunk]);
    if (asked.length < PREFIX_BYTES || asked.length < PREFIX_BYTES + asked.readUInt32BE(1)) return;
    const { payload } = common.Envelope.decode(asked.subarray(PREFIX_BYTES));
    const { start } = orderer.SeekInfo.decode(common.Payload.decode(payload).data);
    const header = { number: Number(start?.specified?.number), previous_hash: new Uint8Array(32), data_hash: new Uint8Array(32).fill(1) };
    send(stream, protos.DeliverResponse.encode({ block: { header, data: { data: [] }, metadata: { metadata: [] } } }).finish());
    send(stream, protos.DeliverResponse.encode({ status: common.Status.SUCCESS }).finish());
    stream.end();
  });
}

function send(stream: ServerHttp2Stream, message: Uint8Array): void {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([prefix, message]));
}
