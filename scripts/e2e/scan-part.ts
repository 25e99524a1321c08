import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputs, room } from './kesu-process';
import type { Seeded } from './seeded';
import { enterprisesOf } from './signers';

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(directory, entry.name)) : [join(directory, entry.name)]));
}

/** What must stand nowhere: codes, names, identity numbers, and what anyone could compute of a code. */
function forbidden(count: number): readonly { readonly what: string; readonly text: string }[] {
  return enterprisesOf(count).flatMap(({ slug, profile, handler, nextRepresentative }) => {
    const persons = [profile.legalRepresentative, handler, nextRepresentative].flatMap((person) => (person === undefined ? [] : [person]));
    const digest = createHash('sha256').update(profile.subject).digest();
    return [
      { what: `${slug}: its code`, text: profile.subject },
      { what: `${slug}: SHA-256 of its code, hex`, text: digest.toString('hex') },
      { what: `${slug}: SHA-256 of its code, base64url`, text: digest.toString('base64url') },
      { what: `${slug}: SHA-256 of its code, base64`, text: digest.toString('base64') },
      { what: `${slug}: its name`, text: /^\p{Script=Han}+/u.exec(profile.name)?.[0] ?? profile.name },
      ...persons.flatMap(({ name, identityNumber }) => [
        { what: `${slug}: a person's name`, text: name },
        { what: `${slug}: an identity number`, text: identityNumber },
      ]),
    ];
  });
}

/** Runs of bytes in which a text could lie: codes and numbers, hex and base64 digests, Chinese names. */
const RUNS = /[0-9A-Za-z_+/=-]{18,}|[\x80-\xff]{6,}/g;

/** The texts by their length in bytes, as latin1 characters. */
type Wanted = ReadonlyMap<number, ReadonlyMap<string, string>>;

function wantedOf(texts: readonly { readonly what: string; readonly text: string }[]): Wanted {
  const byLength = new Map<number, Map<string, string>>();
  for (const { what, text } of texts) {
    const bytes = Buffer.from(text, 'utf8').toString('latin1');
    const group = byLength.get(bytes.length) ?? new Map<string, string>();
    byLength.set(bytes.length, group.set(bytes, what));
  }
  return byLength;
}

/** What of the texts stands in the bytes. */
function found(content: Buffer, wanted: Wanted): string[] {
  const hits = new Set<string>();
  for (const [run] of content.toString('latin1').matchAll(RUNS)) {
    for (const [length, texts] of wanted) {
      for (let at = 0; at + length <= run.length; at++) {
        const what = texts.get(run.slice(at, at + length));
        if (what !== undefined) hits.add(what);
      }
    }
  }
  return [...hits];
}

/** Nothing that names an enterprise or a person in any file or output of this run (I16). */
export function describeScan(seeded: () => Seeded): void {
  describe('the disk and the outputs', () => {
    it('hold no code, no name, no number of a person and no unsalted hash', () => {
      const wanted = wantedOf(forbidden(seeded().enterprises));
      const probe = enterprisesOf(1)[0]?.profile.subject ?? '';
      expect(found(Buffer.from(`…${probe}…`), wanted)).toHaveLength(1);
      const seen = new Set<string>();
      let bytes = 0;
      for (const path of files(room())) {
        const content = readFileSync(path);
        const digest = createHash('sha256').update(content).digest('hex');
        if (seen.has(digest)) continue;
        seen.add(digest);
        bytes += content.length;
        expect([path, found(content, wanted)]).toEqual([path, []]);
      }
      expect(bytes).toBeGreaterThan(1_000_000);
      const said = outputs.join('\n');
      expect(found(Buffer.from(said), wanted)).toEqual([]);
      expect(said).not.toMatch(/(?<![\w-])1[3-9]\d{9}(?![\w-])/);
    }, 300_000);
  });
}
