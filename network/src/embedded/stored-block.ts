import { resultOf, type BlockHeader, type Proposal } from '@kesu/chaincode/domain';
import type { CommittedBlock, LedgerTransaction, Validity, Write } from '../ledger';
import type { LoggedBlock } from './storage/block-log';

const LINE_FEED = 10;
const CONFIGURATION = '{"configuration":';

/**
 * A block of our own log as the port's stream delivers it, for replays: a transaction's long members are decoded when they are
 * asked for, as most readers want few of them. The log verified the bytes by their checksum, and the ledger wrote no other
 * form than RFC 8785 (see `BLOCK_FORMAT`).
 * @throws TypeError for bytes that this ledger didn't write.
 */
export function storedBlockOf({ hash, bytes }: LoggedBlock): CommittedBlock {
  const lines = linesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { number, time, previousHash } = JSON.parse(lines[0]?.toString('utf8') ?? '') as BlockHeader;
  const transactions: LedgerTransaction[] = [];
  for (let index = 0; index + 2 < lines.length; index++) {
    const line = lines[index + 2] ?? Buffer.alloc(0);
    // A configuration block holds no transactions, as on Fabric.
    if (line.toString('latin1', 0, CONFIGURATION.length) !== CONFIGURATION) transactions.push(transactionOf(line, index));
  }
  return { block: number, hash, time, previousHash, transactions };
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, start);
    lines.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length + 1 : end + 1;
  }
  return lines;
}

/** The members are own, enumerable properties, so that a copy or a comparison of the transaction sees all of them. */
function transactionOf(line: Buffer, index: number): LedgerTransaction {
  const texts = memberTexts(line);
  const { claimedTime, transaction } = JSON.parse(textIn(texts.proposal)) as Proposal;
  let writes: Write[] | undefined;
  const told = {
    txId: textIn(texts.txId),
    index,
    validity: textIn(texts.validity) as Validity,
    mspId: textIn(texts.mspId),
    get certificate() {
      return textIn(texts.certificate);
    },
    claimedTime,
    transaction,
    get command() {
      return textIn(texts.command);
    },
    get result() {
      return resultOf({ result: textIn(texts.result), writes: this.writes });
    },
    get writes() {
      return (writes ??= JSON.parse(texts.writes.toString('utf8')) as Write[]);
    },
  };
  const { events } = texts;
  return events === undefined ? told : Object.defineProperty(told, 'events', { enumerable: true, get: () => textIn(events) });
}

/** A member's text: a JSON string. */
function textIn(json: Buffer): string {
  return JSON.parse(json.toString('utf8')) as string;
}

/**
 * The JSON of a call record's members. They stand in the order of their names, and a quotation mark inside a JSON string is
 * escaped: a mark such as `","events":"` stands between two members and nowhere else.
 */
function memberTexts(line: Buffer) {
  let at = 0;
  // From the end of the last mark to the quotation mark or bracket that this one begins with.
  const until = (mark: string): Buffer => {
    const found = line.indexOf(mark, at, 'latin1');
    if (found < 0) throw new TypeError('a call record in a form that this ledger never writes');
    const json = line.subarray(at, found + 1);
    at = found + mark.length - 1;
    return json;
  };
  until('{"certificate":"');
  const certificate = until('","command":"');
  const commandStart = at;
  const commandAndEvents = until('","kind":"call","mspId":"');
  const eventsMark = commandAndEvents.indexOf(EVENTS_MARK, 0, 'latin1');
  const command = eventsMark < 0 ? commandAndEvents : line.subarray(commandStart, commandStart + eventsMark + 1);
  const events = eventsMark < 0 ? undefined : commandAndEvents.subarray(eventsMark + EVENTS_MARK.length - 1);
  const mspId = until('","proposal":"');
  const proposal = until('","ranges":[');
  until('],"result":"');
  const result = until('","signature":"');
  until('","txId":"');
  const txId = until('","validity":"');
  const validity = until('","writes":[');
  return { certificate, command, events, mspId, proposal, result, txId, validity, writes: line.subarray(at, line.length - 1) };
}

const EVENTS_MARK = '","events":"';
