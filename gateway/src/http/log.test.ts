import { join } from 'node:path';
import { decodeCheckpoint, decodeEntryBundle, decodeLeaf, decodeNote, encodeWitnessRequest, fromBase64, hexToBytes, isConsistent, leafEntry, merkleLeafHash, rootFromInclusion, signNote, verifyNote, encodeCheckpoint, bytesToHex, type LogProof } from '@kesu/chaincode/domain';
import { httpWitness, openLogParts, type LogParts } from '../evidence-log';
import { LogKeyRing, noteKeyOfHeld } from '../evidence-log/log-key-ring';
import { introducedKeys } from '../evidence-log/log-parts';
import { CAST } from '../testing/test-cast';
import { ReleaseWorld } from '../use-cases/testing/release-world';
import { HttpWorld } from './testing/http-world';

let http: HttpWorld;
let log: LogParts;

beforeAll(async () => {
  const releases = await ReleaseWorld.open();
  const { world } = releases;
  log = await openLogParts({ directory: join(world.root, 'log'), network: world.ledger.network, ledger: releases.ledger, parts: releases.parts, store: releases.parts.store, publishes: true, alsoCosigns: [], witnesses: [] });
  await releases.projection.caughtUp();
  http = await HttpWorld.over(releases, { evidenceLog: log });
});
afterAll(async () => {
  await log.close();
  await http.dispose();
});

const hashes = (path: readonly string[]) => path.map((hash) => fromBase64(hash) ?? new Uint8Array());
const checkpoint = async () => {
  const { text, headers } = await http.get('/v1/log/checkpoint', undefined);
  return { text, headers, ...decodeCheckpoint(decodeNote(text).text) };
};

describe('the log over HTTP', () => {
  it('serves its checkpoint and tiles to anyone', async () => {
    const { text, headers, size } = await checkpoint();
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const parts = http.releases.parts;
    expect(verifyNote(decodeNote(text), introducedKeys(parts, http.world.ledger.network, 'LOG'))).toHaveLength(1);
    const bytes = async (path: string) => new Uint8Array(await (await fetch(`${http.url}/v1/log/tile/${path}`)).arrayBuffer());
    const tile = await bytes(`0/000.p/${size}`);
    const entries = decodeEntryBundle(await bytes(`entries/000.p/${size}`));
    expect(entries).toHaveLength(size);
    entries.forEach((entry, at) => expect(bytesToHex(merkleLeafHash(entry))).toBe(bytesToHex(tile.slice(at * 32, at * 32 + 32))));
    for (const path of ['0/000', `0/000.p/${size + 1}`, '0/x001/000', '64/000', 'entries/1', '0/000.p/0']) expect((await http.get(`/v1/log/tile/${path}`, undefined)).status).toBe(404);
  });

  it('proves that it grew', async () => {
    const before = await checkpoint();
    await http.giveGrant();
    await log.log.caughtUp();
    const after = await log.publisher?.publish();
    if (after === undefined) throw new Error('it is published');
    const { body, status } = await http.get(`/v1/log/consistency?from=${before.size}&to=${after.size}`, undefined);
    expect(status).toBe(200);
    expect(isConsistent(before, after, hashes((body as { path: string[] }).path))).toBe(true);
    expect((await http.get(`/v1/log/consistency?from=0&to=${after.size + 1_000}`, undefined)).status).toBe(400);
    expect((await http.get('/v1/log/consistency?from=2&to=1', undefined)).status).toBe(400);
    expect((await http.get('/v1/log/consistency?from=01&to=2', undefined)).status).toBe(400);
  });

  it('proves an event to those who may see it, and tells others of none', async () => {
    const given = await http.giveGrant();
    const { position } = given.body as { position: { block: number; index: number; item: number } };
    const at = `${position.block}.${position.index}.${position.item}`;
    await log.log.caughtUp();
    for (const caller of ['enterprise', 'platform', 'bank', 'node'] as const) {
      const { status, body } = await http.get(`/v1/log/proof?position=${at}`, caller);
      expect([caller, status]).toEqual([caller, 200]);
      const proof = body as LogProof;
      const leaf = decodeLeaf(proof.leaf);
      const { size, root } = decodeCheckpoint(decodeNote(proof.checkpoint).text);
      expect(leaf).toMatchObject({ kind: 'grant', position });
      expect(bytesToHex(rootFromInclusion(merkleLeafHash(hexToBytes(leafEntry(proof.leaf))), leaf.index, size, hashes(proof.path)) ?? new Uint8Array())).toBe(bytesToHex(root));
    }
    expect((await http.get(`/v1/log/proof?position=${at}`, 'provider')).status).toBe(404);
    expect((await http.get(`/v1/log/proof?position=${at}`, undefined)).status).toBe(401);
    expect((await http.get('/v1/log/proof?position=999999.0.0', 'node')).status).toBe(404);
    expect((await http.get('/v1/log/proof?position=1.2', 'node')).status).toBe(400);
  });

  it('cosigns for another gateway of the same ledger, and refuses by number', async () => {
    const { world, parts } = http.releases;
    const { size, note } = (await log.publisher?.publish()) ?? { size: 0, note: { text: '', signatures: [] } };
    const witness = httpWitness(log.cosigner.name, `${http.url}/v1/log/`);
    const ours = { text: note.text, signatures: note.signatures.slice(0, 1) };
    const [line] = await witness.cosign({ oldSize: size, proof: [], checkpoint: ours });
    if (line === undefined) throw new Error('no line');
    expect(verifyNote({ text: note.text, signatures: [line] }, introducedKeys(parts, world.ledger.network, 'COSIGN'))).toHaveLength(1);
    await expect(witness.cosign({ oldSize: 0, proof: [], checkpoint: ours })).rejects.toMatchObject({ status: 409, size });
    const key = await new LogKeyRing(parts.store).keyOf(CAST.node, 'LOG');
    const forged = encodeCheckpoint({ origin: `kesu/${world.ledger.network}`, size, root: new Uint8Array(32) });
    await expect(witness.cosign({ oldSize: size, proof: [], checkpoint: { text: forged, signatures: [signNote(forged, noteKeyOfHeld(world.ledger.network, key), key.sign)] } })).rejects.toMatchObject({ status: 422 });
    const answered = await http.send('POST', '/v1/log/add-checkpoint', undefined, { body: encodeWitnessRequest({ oldSize: 0, proof: [], checkpoint: ours }) });
    expect([answered.status, answered.headers.get('content-type'), answered.text]).toEqual([409, 'text/x.tlog.size', `${size}\n`]);
    expect((await http.send('POST', '/v1/log/add-checkpoint', undefined, { body: 'old x\n' })).status).toBe(400);
    await expect(httpWitness('nobody', 'http://127.0.0.1:9').cosign({ oldSize: 0, proof: [], checkpoint: ours })).rejects.toMatchObject({ status: 503 });
  });
});
