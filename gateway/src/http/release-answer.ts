import type { ServerResponse } from 'node:http';
import { canonicalJson, type Outcome } from '@kesu/chaincode/domain';
import type { ReleaseAnswer } from '../use-cases/recorded-answer';
import type { ReleaseParts } from '../use-cases/release-parts';
import { settle } from '../use-cases/settle';
import type { Answer } from './route';

/**
 * A release as answered: 200 for a denial, 201 with data and receipt. An answer with data is settled when its last byte was handed
 * to the connection, or when the connection broke.
 */
export function releaseAnswer(parts: ReleaseParts, answer: ReleaseAnswer): Answer {
  const { kind, ...told } = answer;
  const body: Omit<ReleaseAnswer, 'kind'> & { readonly data?: unknown } = told;
  // In RFC 8785 form, so that a repeat has the same bytes.
  const text = Buffer.from(canonicalJson(body), 'utf8');
  if (kind === 'PERMIT' && body.data !== null) return { write: (response) => sendAndSettle(parts, response, answer.release.id, text) };
  return {
    write: async (response) => {
      response.writeHead(kind === 'DENY' ? 200 : 201, headersOf(text));
      response.end(text);
    },
  };
}

async function sendAndSettle(parts: ReleaseParts, response: ServerResponse, releaseId: string, text: Buffer): Promise<void> {
  const sentBefore = response.socket?.bytesWritten ?? 0;
  const finished = await new Promise<boolean>((resolve) => {
    if (response.destroyed || response.socket === null || response.socket.destroyed) return resolve(false);
    response.once('finish', () => resolve(true));
    response.once('close', () => resolve(response.writableFinished));
    response.once('error', () => resolve(false));
    response.writeHead(201, headersOf(text));
    response.end(text);
  });
  const left = Math.min(text.length, Math.max(0, (response.socket?.bytesWritten ?? sentBefore) - sentBefore));
  await settle(parts, releaseId, sendingOf(finished, left, text.length));
}

function sendingOf(finished: boolean, left: number, whole: number): { outcome: Outcome; bytesSent: number; reason?: string } {
  if (finished) return { outcome: 'DELIVERED', bytesSent: whole };
  if (left > 0) return { outcome: 'PARTIAL', bytesSent: left, reason: 'connection-broke' };
  return { outcome: 'FAILED', bytesSent: 0, reason: 'connection-broke' };
}

function headersOf(text: Buffer) {
  return { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length, 'cache-control': 'no-store' };
}
