import { Context, Contract, Transaction } from 'fabric-contract-api';
import { canonicalJson, DomainError, isCanonicalJson } from '@kesu/chaincode/domain';

interface ProbeCommand {
  readonly key?: string;
  readonly value?: string;
  readonly from?: string;
  readonly to?: string;
}

const GUARD_MILLIS = 30_000;

/** A contract for the ledger's own tests: writes, reads, counters with a limit, ranges and refusals. */
export class ProbeContract extends Contract {
  constructor() {
    super('probe');
  }

  @Transaction()
  async write(ctx: Context, text: string): Promise<string> {
    const { key = '', value = '' } = decode(ctx, text);
    await ctx.stub.putState(key, Buffer.from(value));
    ctx.stub.setEvent('probe', Buffer.from(canonicalJson([{ written: key }])));
    return canonicalJson({ written: key });
  }

  /** Writes, then answers what a read sees. */
  @Transaction()
  async writeAndRead(ctx: Context, text: string): Promise<string> {
    const { key = '', value = '' } = decode(ctx, text);
    await ctx.stub.putState(key, Buffer.from(value));
    return canonicalJson({ seen: Buffer.from(await ctx.stub.getState(key)).toString() });
  }

  @Transaction()
  async remove(ctx: Context, text: string): Promise<string> {
    await ctx.stub.deleteState(decode(ctx, text).key ?? '');
    return canonicalJson({});
  }

  @Transaction(false)
  async read(ctx: Context, text: string): Promise<string> {
    return canonicalJson({ value: Buffer.from(await ctx.stub.getState(decode(ctx, text).key ?? '')).toString() });
  }

  /** Adds one to a number, and says what it is now. */
  @Transaction()
  async count(ctx: Context, text: string): Promise<string> {
    const { key = '' } = decode(ctx, text);
    const next = Number(Buffer.from(await ctx.stub.getState(key)).toString() || '0') + 1;
    await ctx.stub.putState(key, Buffer.from(String(next)));
    ctx.stub.setEvent('probe', Buffer.from(canonicalJson([{ counted: next }])));
    return canonicalJson({ counted: next });
  }

  /** Writes how many entries a range has. */
  @Transaction()
  async countRange(ctx: Context, text: string): Promise<string> {
    const { key = '', from = '', to = '' } = decode(ctx, text);
    let entries = 0;
    for await (const entry of ctx.stub.getStateByRange(from, to)) entries += entry.key === '' ? 0 : 1;
    await ctx.stub.putState(key, Buffer.from(String(entries)));
    return canonicalJson({ entries });
  }

  /** Writes and then refuses: nothing of it may remain. */
  @Transaction()
  async refuse(ctx: Context, text: string): Promise<string> {
    await ctx.stub.putState(decode(ctx, text).key ?? '', Buffer.from('refused'));
    throw DomainError.of('state-conflict', 'the probe refuses');
  }

  @Transaction(false)
  async whoAmI(ctx: Context, text: string): Promise<string> {
    decode(ctx, text);
    return canonicalJson({ mspId: ctx.clientIdentity.getMSPID(), role: ctx.clientIdentity.getAttributeValue('role') ?? '', txId: ctx.stub.getTxID() });
  }
}

function decode(ctx: Context, text: string): ProbeCommand {
  if (!isCanonicalJson(text)) throw DomainError.of('malformed-command', 'the command is not in RFC 8785 form');
  const stub: { peerTimeMillis?(): number } & typeof ctx.stub = ctx.stub;
  const claimed = Number(stub.getTxTimestamp().seconds) * 1000;
  if (Math.abs((stub.peerTimeMillis?.() ?? claimed) - claimed) > GUARD_MILLIS + 999) throw DomainError.of('claimed-time-out-of-bounds', 'the claimed time is more than 30 s from the clock');
  return JSON.parse(text) as ProbeCommand;
}
