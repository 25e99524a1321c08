import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { DemonstrationEnterprise } from '../enterprises';

/** A personal trace in a file: what kind, never its value. */
export interface PersonalTrace {
  readonly file: string;
  readonly kind: 'CODE' | 'IDENTITY_NUMBER' | 'PHONE' | 'PERSON_OR_FIRM' | 'UNSALTED_HASH';
}

const HASHES = ['sha256', 'sm3', 'sha1', 'md5'];
const FIRM_WORD_AT = [2, 5] as const;

/**
 * Searches files for what must be nowhere but in the encrypted journal (I16): codes, identity numbers and their unsalted hashes (hex, base64 in both
 * alphabets, bytes), mobile phone numbers, names of persons and firms' own words in UTF-8.
 */
export class PersonalTraces {
  private readonly numbers: ReadonlySet<string>;
  private readonly words: ReadonlySet<string>;
  private readonly hex = new Set<string>();
  private readonly base64 = new Set<string>();
  private readonly bytes = new Map<number, Buffer[]>();

  constructor(enterprises: readonly DemonstrationEnterprise[]) {
    const people = enterprises.flatMap(({ profile, handler, nextRepresentative }) => [profile.legalRepresentative, handler, nextRepresentative].filter((one) => one !== undefined));
    this.numbers = new Set([...enterprises.map(({ profile }) => profile.subject), ...people.map(({ identityNumber }) => identityNumber)]);
    this.words = new Set([...people.map(({ name }) => name), ...enterprises.map(({ profile }) => profile.name.slice(...FIRM_WORD_AT))]);
    for (const number of this.numbers) for (const algorithm of HASHES) this.addHash(createHash(algorithm).update(number).digest());
  }

  /** The traces in all files under a directory. */
  async inDirectory(directory: string): Promise<readonly PersonalTrace[]> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const traces: PersonalTrace[] = [];
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      traces.push(...this.inBytes(await readFile(path)).map((kind) => ({ file: relative(directory, path), kind })));
    }
    return traces;
  }

  /** The kinds of traces in some bytes. */
  inBytes(content: Buffer): readonly PersonalTrace['kind'][] {
    const text = content.toString('latin1');
    const kinds = new Set<PersonalTrace['kind']>();
    for (const [run] of text.matchAll(/[0-9A-Za-z]{18,}/g)) for (const part of windows(run, 18)) if (this.numbers.has(part)) kinds.add(part.startsWith('9') ? 'CODE' : 'IDENTITY_NUMBER');
    for (const [run] of text.matchAll(/[0-9a-fA-F]{32,}/g)) if (this.hasHash(run)) kinds.add('UNSALTED_HASH');
    for (const [run] of text.matchAll(/[0-9A-Za-z+/_-]{22,}/g)) if (this.hasBase64(run)) kinds.add('UNSALTED_HASH');
    if (this.hasRawHash(content)) kinds.add('UNSALTED_HASH');
    if (/(?<![0-9A-Za-z_-])1[3-9]\d{9}(?![0-9A-Za-z_-])/.test(text)) kinds.add('PHONE');
    for (const [run] of content.toString('utf8').matchAll(/[\u4e00-\u9fff]{3,}/g)) for (const part of windows(run, 3)) if (this.words.has(part)) kinds.add('PERSON_OR_FIRM');
    return [...kinds];
  }

  private addHash(digest: Buffer): void {
    this.hex.add(digest.toString('hex').slice(0, 32));
    this.base64.add(digest.toString('base64').slice(0, 20));
    this.base64.add(digest.toString('base64url').slice(0, 20));
    const start = digest.readUInt32LE(0);
    this.bytes.set(start, [...(this.bytes.get(start) ?? []), digest]);
  }

  private hasHash(run: string): boolean {
    return windows(run.toLowerCase(), 32).some((part) => this.hex.has(part));
  }

  private hasBase64(run: string): boolean {
    return windows(run, 20).some((part) => this.base64.has(part));
  }

  private hasRawHash(content: Buffer): boolean {
    for (let at = 0; at + 4 <= content.length; at++) {
      const candidates = this.bytes.get(content.readUInt32LE(at));
      if (candidates?.some((digest) => content.subarray(at, at + digest.length).equals(digest)) === true) return true;
    }
    return false;
  }
}

function windows(run: string, length: number): readonly string[] {
  return Array.from({ length: run.length - length + 1 }, (_, at) => run.slice(at, at + length));
}
