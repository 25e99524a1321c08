import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tlsFiles } from './layout';

/** How a peer reaches its chaincode; PEM where it is a certificate or key. */
export interface ChaincodeConnection {
  /** `host:port`. */
  readonly address: string;
  /** The root of the chaincode's TLS certificate. */
  readonly rootCertificate: string;
  /** What the peer shows the chaincode. */
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** A chaincode package with the id that the peer will give it. */
export interface ChaincodePackage {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** How long a peer tries to reach its chaincode. */
const DIAL_TIMEOUT = '10s';

/** A package of the type `ccaas`: no code, but where the code runs, with TLS for both sides. */
export function chaincodePackage(label: string, connection: ChaincodeConnection): ChaincodePackage {
  const code = archive({
    'connection.json': JSON.stringify({
      address: connection.address,
      dial_timeout: DIAL_TIMEOUT,
      tls_required: true,
      client_auth_required: true,
      client_key: connection.clientKey,
      client_cert: connection.clientCertificate,
      root_cert: connection.rootCertificate,
    }),
  });
  const bytes = archive({ 'metadata.json': JSON.stringify({ path: '', type: 'ccaas', label }), 'code.tar.gz': code });
  return { id: `${label}:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

/** A package for a chaincode at `address` (`host:port`) whose TLS lies in `server/` and its caller's in `caller/` of a directory. */
export function packageWithTls(label: string, address: string, directory: string): ChaincodePackage {
  const caller = tlsFiles(join(directory, 'caller'));
  return chaincodePackage(label, {
    address,
    rootCertificate: readFileSync(tlsFiles(join(directory, 'server')).root, 'utf8'),
    clientCertificate: readFileSync(caller.certificate, 'utf8'),
    clientKey: readFileSync(caller.privateKey, 'utf8'),
  });
}

const BLOCK_BYTES = 512;

/** A gzipped tar (POSIX ustar) of regular files, equal bytes for equal files. */
function archive(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    return [header(name, bytes.length), bytes, Buffer.alloc((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]));
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  block.write(name, 0, 100, 'utf8');
  block.write(`${octal(0o600, 7)}\0`, 100);
  block.write(`${octal(0, 7)}\0`, 108);
  block.write(`${octal(0, 7)}\0`, 116);
  block.write(`${octal(size, 11)}\0`, 124);
  block.write(`${octal(0, 11)}\0`, 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\0', 257);
  block.write('00', 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
