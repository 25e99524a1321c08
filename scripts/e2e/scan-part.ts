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

/** Texts by their first three bytes, as a number. */
type Wanted = ReadonlyMap<number, readonly { readonly what: string; readonly bytes: Buffer }[]>;

function wantedOf(texts: readonly { readonly what: string; readonly text: string }[]): Wanted {
  const byBeginning = new Map<number, { what: string; bytes: Buffer }[]>();
  for (const { what, text } of texts) {
    const bytes = Buffer.from(text, 'utf8');
    const beginning = bytes.readUIntBE(0, 3);
    const group = byBeginning.get(beginning) ?? [];
    group.push({ what, bytes });
    byBeginning.set(beginning, group);
  }
  return byBeginning;
}

/** What of the texts stands in the bytes. One pass: thousands of texts are looked for in hundreds of megabytes. */
function found(content: Buffer, wanted: Wanted): string[] {
  const begins = new Uint8Array(1 << 24);
  for (const beginning of wanted.keys()) begins[beginning] = 1;
  const hits = new Set<string>();
  let window = 0;
  for (let at = 0; at < content.length; at++) {
    window = ((window << 8) | (content[at] ?? 0)) & 0xffffff;
    if (begins[window] === 0) continue;
    const start = at - 2;
    for (const { what, bytes } of wanted.get(window) ?? []) if (content.compare(bytes, 0, bytes.length, start, Math.min(content.length, start + bytes.length)) === 0) hits.add(what);
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
