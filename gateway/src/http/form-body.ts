import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../gateway-error';
import { readBody } from './json-body';

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i;

/**
 * Reads a form (RFC 6749, section 4.4): each member once.
 * @throws GatewayError media-type-not-supported, malformed-body, body-too-large.
 */
export async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  if (!FORM_TYPE.test(request.headers['content-type'] ?? '')) throw GatewayError.of('media-type-not-supported', 'the content type must be application/x-www-form-urlencoded');
  const form = new URLSearchParams((await readBody(request)).toString('utf8'));
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw GatewayError.of('malformed-body', 'the form holds a member twice');
  return Object.fromEntries(form);
}
