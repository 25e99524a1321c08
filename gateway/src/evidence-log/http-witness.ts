import { decodeSignatureLines, encodeWitnessRequest, isTreeSize, LogFormatError, type NoteSignature, type WitnessRequest } from '@kesu/chaincode/domain';
import { WitnessRefusal, type Witness, type WitnessStatus } from './witness';

/** Longest time that a witness may take, milliseconds. */
export const WITNESS_MILLIS = 5_000;
/** Longest answer of a witness that is read, bytes. */
export const MAX_WITNESS_ANSWER_BYTES = 16 * 1024;

const REFUSALS: readonly WitnessStatus[] = [400, 403, 404, 409, 422];

/** A witness of another organisation over HTTP. @param url its submission prefix, without `/add-checkpoint`. */
export function httpWitness(name: string, url: string): Witness {
  return { name, cosign: (request) => ask(`${url.replace(/\/$/, '')}/add-checkpoint`, request) };
}

async function ask(url: string, request: WitnessRequest): Promise<readonly NoteSignature[]> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'error', body: encodeWitnessRequest(request), headers: { 'content-type': 'text/plain; charset=utf-8' }, signal: AbortSignal.timeout(WITNESS_MILLIS) });
    status = response.status;
    text = await boundedText(response);
  } catch (error) {
    throw new WitnessRefusal(503, `the witness can\u2019t be reached (${error instanceof Error ? error.name : 'error'})`);
  }
  if (status !== 200) throw refusalOf(status, text);
  try {
    return decodeSignatureLines(text);
  } catch (error) {
    throw new WitnessRefusal(503, `the witness answers no signature lines (${error instanceof LogFormatError ? error.detail : 'unreadable'})`);
  }
}

function refusalOf(status: number, text: string): WitnessRefusal {
  const known = REFUSALS.find((one) => one === status);
  if (known !== 409) return new WitnessRefusal(known ?? 503, `the witness answers ${status}`);
  const size = text.replace(/\n$/, '');
  return isTreeSize(size) ? new WitnessRefusal(409, `the witness stands at size ${size}`, Number(size)) : new WitnessRefusal(503, 'the witness answers 409 without a size');
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > MAX_WITNESS_ANSWER_BYTES) throw new RangeError('the answer is too long');
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}
