import type { ServerResponse } from 'node:http';
import type { JsonAnswer } from './route';
import { problemAnswer, type Failure, type Language } from './problem';

/** Sends a JSON answer. */
export function sendJson(response: ServerResponse, { status, body, headers }: JsonAnswer): void {
  const text = Buffer.from(JSON.stringify(body), 'utf8');
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length, 'cache-control': 'no-store', ...headers });
  response.end(text);
}

/** Sends a problem answer; an answer that has begun can only be broken off. */
export function sendProblem(response: ServerResponse, failure: Failure, requestId: string, language: Language): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = problemAnswer(failure, requestId, language);
  sendJson(response, { status, body, headers });
}
