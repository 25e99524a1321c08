import { join } from 'node:path';
import { bytesToHex, decodeCheckpoint, decodeNote, encodeCheckpoint, encodeNote, foldLeaves, isConsistent, merkleLeafHash, merkleRoot, nodesOverLeaves, hexToBytes, rootFromInclusion, signNote, verifyNote, type FoldedLeaf, type LeafPointer, type WitnessRequest } from '@kesu/chaincode/domain';
import type { CommittedBlock } from '@kesu/network';
import { CAST } from '../testing/test-cast';
import { LogKeyRing, noteKeyOfHeld } from './log-key-ring';
import { introducedKeys, type LogParts } from './log-parts';
import { writeSigned } from './signed-checkpoints';
import { alteredLedger, LogWorld, shortLedger } from './testing/log-world';
import { WitnessRefusal } from './witness';

let made: LogWorld;
let parts: LogParts;

beforeAll(async () => {
  made = await LogWorld.open();
  const { world } = made;
  const { grant } = await world.giveGrant();
  await world.recordRelease({ grant });
  await world.revoke(grant.id);
  parts = await made.openLog();
});
afterAll(() => made.dispose());

const publisher = () => {
  if (parts.publisher === undefined) throw new Error('this log is published');
  return parts.publisher;
};
const keysOf = (use: 'LOG' | 'COSIGN') => introducedKeys(made.releases.parts, made.world.ledger.network, use);

async function blocks(): Promise<CommittedBlock[]> {
  const { block } = await made.world.ledger.head();
  const read: CommittedBlock[] = [];
  for await (const one of made.world.ledger.blocks(0, new AbortController().signal)) {
    read.push(one);
    if (one.block === block) return read;
  }
  return read;
}

/** The log made over again from all blocks, with maps for a state. */
async function naiveLeaves(): Promise<FoldedLeaf[]> {
  const leaves: FoldedLeaf[] = [];
  const [subjects, grants, releases] = [new Map<string, LeafPointer>(), new Map<string, LeafPointer>(), new Map<string, string>()];
  const state = { size: () => leaves.length, newestOfSubject: (ref: string) => subjects.get(ref), newestOfGrant: (id: string) => grants.get(id), subjectOfRelease: (id: string) => releases.get(id) };
  for (const block of await blocks()) {
    for (const leaf of foldLeaves(block, state, { network: made.world.ledger.network })) {
      leaves.push(leaf);
      if (leaf.subjectRef !== undefined) subjects.set(leaf.subjectRef, leaf);
      if (leaf.grantId !== undefined) grants.set(leaf.grantId, leaf);
      if (leaf.releaseId !== undefined) releases.set(leaf.releaseId, leaf.subjectRef ?? '');
    }
  }
  return leaves;
}

describe('the log of a gateway', () => {
  it('equals the fold of the ledger: every leaf, every path, the root', async () => {
    const { log } = parts;
    const leaves = await naiveLeaves();
    expect(log.size).toBe(leaves.length);
    const { root } = log.head();
    expect(bytesToHex(root)).toBe(bytesToHex(merkleRoot(leaves.length, nodesOverLeaves(leaves.map(({ entry }) => merkleLeafHash(hexToBytes(entry)))))));
    for (const { index, entry, text, leaf } of leaves) {
      const logged = await log.event(index);
      expect(logged).toMatchObject({ text, entry, index });
      expect(log.indexOf(leaf.position)).toBe(index);
      expect(bytesToHex(rootFromInclusion(merkleLeafHash(hexToBytes(entry)), index, log.size, log.inclusion(index, log.size)) ?? new Uint8Array())).toBe(bytesToHex(root));
    }
    expect(leaves.find(({ leaf }) => leaf.kind === 'release')?.leaf.grantTransition).toEqual(expect.objectContaining({ entry: leaves.find(({ leaf }) => leaf.kind === 'grant')?.entry }));
  });

  it('serves the entries that its tile commits to', () => {
    const { log } = parts;
    const width = log.size;
    const tile = log.tile({ level: 0, index: 0, width }) ?? new Uint8Array();
    const bundle = log.tile({ level: 'entries', index: 0, width }) ?? new Uint8Array();
    expect(tile).toHaveLength(width * 32);
    expect(bundle).toHaveLength(width * 34);
    expect(bytesToHex(tile.subarray(0, 32))).toBe(bytesToHex(merkleLeafHash(bundle.subarray(2, 34))));
    expect(log.tile({ level: 0, index: 0, width: width + 1 })).toBeUndefined();
    expect(log.tile({ level: 1, index: 0, width: 1 })).toBeUndefined();
  });

  it('goes on where it stood, and is made anew when its ledger is another', async () => {
    const directory = join(made.world.root, 'reopened');
    const first = await made.openLog({ directory });
    const head = first.log.head();
    await made.close(first);
    const second = await made.openLog({ directory });
    expect(bytesToHex(second.log.headAt(head.size).root)).toBe(bytesToHex(head.root));
    await made.close(second);
    const [, , , third] = await blocks();
    const shorter = await made.openLog({ directory, ledger: shortLedger(made.world.ledger, third as CommittedBlock) });
    expect(shorter.log.size).toBeLessThan(head.size);
    expect(shorter.log.block).toBe(3);
    await made.close(shorter);
  });
});

describe('a checkpoint', () => {
  it('is signed by the log and cosigned by each organisation held here', async () => {
    const published = await publisher().publish();
    const verified = verifyNote(decodeNote(published.text), [...keysOf('LOG'), ...keysOf('COSIGN')]);
    const origin = `kesu/${made.world.ledger.network}`;
    expect(verified.map(({ key }) => key.name).sort()).toEqual([origin, `${origin}/${CAST.platform}`, `${origin}/${CAST.node}`].sort());
    expect(published.size).toBe(parts.log.size);
  });

  it('grows provably from the one before, and stays the same when nothing happened', async () => {
    const before = await publisher().publish();
    expect(await publisher().publish()).toBe(before);
    await made.world.openLoan();
    await parts.log.caughtUp();
    const after = await publisher().publish();
    expect(after.size).toBeGreaterThan(before.size);
    expect(isConsistent(before, after, parts.log.consistency(before.size, after.size))).toBe(true);
  });

  it('is never signed again over another history: the log stops and says so', async () => {
    const { store } = made.releases.parts;
    const log = await made.openLog();
    const key = await new LogKeyRing(store).keyOf(CAST.node, 'LOG');
    const noteKey = noteKeyOfHeld(made.world.ledger.network, key);
    const kept = (await publisher().publish()).note;
    for (const [size, root, reason] of [
      [3, new Uint8Array(32), 'is not the tree of the ledger'],
      [100_000, new Uint8Array(32), 'but a checkpoint of 100000 was signed'],
    ] as const) {
      const text = encodeCheckpoint({ origin: noteKey.name, size, root });
      await writeSigned(store, noteKey.name, { text, signatures: [signNote(text, noteKey, key.sign)] });
      const fresh = await made.openLog();
      await expect(fresh.publisher?.publish()).rejects.toThrow(reason);
      expect(fresh.log.status).toEqual({ state: 'STOPPED', reason: expect.stringContaining(reason) });
      await expect(fresh.publisher?.publish()).rejects.toThrow(reason);
    }
    await writeSigned(store, noteKey.name, kept);
    expect(log.log.status.state).toBe('FOLLOWING');
  });
});

describe('a cosigner', () => {
  const asked = async (): Promise<WitnessRequest> => {
    const { note, size } = await publisher().publish();
    return { oldSize: size, proof: [], checkpoint: { text: note.text, signatures: note.signatures.slice(0, 1) } };
  };
  const refusal = async (request: WitnessRequest, cosigner = parts.cosigner): Promise<[number, number | undefined] | 'cosigned'> => {
    try {
      await cosigner.cosign(request);
      return 'cosigned';
    } catch (error) {
      if (error instanceof WitnessRefusal) return [error.status, error.size];
      throw error;
    }
  };
  const forged = async (change: { readonly size?: number; readonly root?: Uint8Array; readonly origin?: string }) => {
    const key = await new LogKeyRing(made.releases.parts.store).keyOf(CAST.node, 'LOG');
    const noteKey = noteKeyOfHeld(made.world.ledger.network, key);
    const { size, root, origin } = await publisher().publish();
    const text = encodeCheckpoint({ origin, size, root, ...change });
    return { text, signatures: [signNote(text, noteKey, key.sign)] };
  };

  it('cosigns what it cosigned again', async () => {
    expect(await refusal(await asked())).toBe('cosigned');
  });

  it('refuses as c2sp.org/tlog-witness says', async () => {
    const request = await asked();
    expect(await refusal({ ...request, checkpoint: await forged({ origin: 'kesu/another' }) })).toEqual([404, undefined]);
    expect(await refusal({ ...request, checkpoint: { ...request.checkpoint, signatures: (await publisher().publish()).note.signatures.slice(1) } })).toEqual([403, undefined]);
    expect(await refusal({ ...request, checkpoint: { text: request.checkpoint.text.replace(/\n\d+\n/, '\n7\n'), signatures: request.checkpoint.signatures } })).toEqual([403, undefined]);
    expect(await refusal({ ...request, oldSize: request.oldSize + 1 })).toEqual([400, undefined]);
    expect(await refusal({ ...request, oldSize: 0 })).toEqual([409, request.oldSize]);
    expect(await refusal({ ...request, proof: [new Uint8Array(32)] })).toEqual([422, undefined]);
    expect(await refusal({ ...request, checkpoint: await forged({ root: new Uint8Array(32) }) })).toEqual([422, undefined]);
    expect(await refusal({ ...request, checkpoint: { ...request.checkpoint, text: 'kesu\n' } })).toEqual([400, undefined]);
    expect(parts.log.status.state).toBe('FOLLOWING');
  });

  it('can\u2019t tell while its own ledger holds fewer events', async () => {
    const [, , , third] = await blocks();
    const behind = await made.openLog({ ledger: shortLedger(made.world.ledger, third as CommittedBlock), parts: { ...made.releases.parts, self: CAST.bank }, publishes: false, alsoCosigns: [] });
    const { note } = await publisher().publish();
    expect(await refusal({ oldSize: 0, proof: [], checkpoint: note }, behind.cosigner)).toEqual([503, undefined]);
    expect(behind.log.status.state).toBe('FOLLOWING');
    await made.close(behind);
  });

  it('whose own ledger contradicts the log refuses, and its gateway turns red', async () => {
    const ledger = alteredLedger(made.world.ledger, (block) => (block.block === 3 ? { ...block, transactions: block.transactions.map((one) => ({ ...one, command: `${one.command} ` })) } : block));
    const other = await made.openLog({ ledger, parts: { ...made.releases.parts, self: CAST.bank }, publishes: false, alsoCosigns: [] });
    const { note } = await publisher().publish();
    expect(await refusal({ oldSize: 0, proof: [], checkpoint: note }, other.cosigner)).toEqual([422, undefined]);
    expect(other.log.status).toEqual({ state: 'STOPPED', reason: expect.stringContaining("is not the tree of this organisation's own ledger".replace("'", "\u2019")) });
  });

  it('keeps the latest checkpoint that it cosigned, and stands by it after a restart', async () => {
    const { size } = await publisher().publish();
    const again = await made.openLog();
    const latest = await again.cosigner.latest();
    expect(decodeCheckpoint(latest?.text ?? '').size).toBe(size);
    expect(await refusal({ ...(await asked()), oldSize: size - 1 }, again.cosigner)).toEqual([409, size]);
    expect(encodeNote(latest ?? { text: '', signatures: [] })).toContain(`${made.world.ledger.network}/${CAST.node} `);
  });
});
