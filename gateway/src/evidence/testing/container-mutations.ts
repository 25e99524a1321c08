import { utf8ToBytes } from '@kesu/chaincode/domain';
import { MANIFEST_PART, MAX_FILE_BYTES, writeContainer, type FailureCode, type Part } from '@kesu/verifier';
import { bundleOf } from '../seal-evidence';
import { replaced, without, type Change } from './bundle-editor';
import type { MutationBench } from './mutation-bench';

/** What is done to a file without a key: by name, refused for, and the file. */
export type FileMutation = readonly [name: string, code: FailureCode, mutate: () => Uint8Array];

/** Containers that aren't the one of their parts. */
export function containerMutations(bench: () => MutationBench): readonly FileMutation[] {
  const file = (): Buffer => bench().file;
  const good = (): readonly Part[] => bench().good;
  const text = (name: string): string => bench().editor.text(name);
  const at = (needle: string, from = 0): number => file().indexOf(needle, from, 'latin1');
  const patched = (offset: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(file());
    bytes.forEach((byte, index) => (copy[offset + index] = byte));
    return copy;
  };
  const central = (): number => file().readUInt32LE(file().length - 6);
  /** Parts changed, then put into a container without being signed again: who changes them has no key. */
  const unsigned = (change: Change): Uint8Array => writeContainer(change([...good()]));
  return [
    ['is empty', 'container-not-zip', () => new Uint8Array()],
    ['is cut by a byte', 'container-not-zip', () => file().subarray(0, -1)],
    ['has a byte behind it', 'container-not-zip', () => Buffer.concat([file(), Buffer.of(0)])],
    ['has a byte before it', 'container-entry-bounds', () => Buffer.concat([Buffer.of(0), file()])],
    ['has a comment', 'container-not-zip', () => Buffer.concat([file().subarray(0, -2), Buffer.of(1, 0, 65)])],
    ['says it has no parts', 'container-too-many-entries', () => patched(file().length - 12, 0, 0)],
    ['says it has more parts', 'container-entry-bounds', () => patched(file().length - 12, good().length + 1, 0)],
    ['says it has fewer parts', 'container-layout', () => patched(file().length - 12, good().length - 1, 0)],
    ['counts otherwise on its disk', 'container-layout', () => patched(file().length - 14, 1, 0)],
    ['is split over disks', 'container-layout', () => patched(file().length - 18, 1, 0)],
    ['has its directory elsewhere', 'container-entry-bounds', () => patched(file().length - 6, 1, 0, 0, 0)],
    ['has a time of the file system', 'container-layout', () => patched(10, 1, 0)],
    ['has a flag', 'container-layout', () => patched(6, 0, 8)],
    ['has another CRC in a local header', 'container-layout', () => patched(14, 0)],
    ['says a part is compressed', 'container-entry-compressed', () => patched(central() + 10, 8, 0)],
    ['has attributes of a file system', 'container-layout', () => patched(central() + 38, 1)],
    ['has an entry that points outside', 'container-entry-bounds', () => patched(central() + 42, 255, 255, 255, 127)],
    ['has an entry larger than the file', 'container-entry-bounds', () => patched(central() + 24, 255, 255, 255, 127)],
    ['has another name in a local header', 'container-layout', () => patched(at('bundle.json'), 66)],
    ['has a name that climbs out', 'container-entry-name', () => patched(at('bundle.json', central()), 46, 46, 47)],
    ['has an absolute name', 'container-entry-name', () => patched(at('bundle.json', central()), 47)],
    ['has a name with a backslash', 'container-entry-name', () => patched(at('bundle.json', central()) + 3, 92)],
    ['has no mimetype', 'container-mimetype', () => unsigned(without('mimetype'))],
    ['has another mimetype', 'container-mimetype', () => unsigned(replaced('mimetype', utf8ToBytes('application/zip')))],
    ['has its mimetype second', 'container-mimetype', () => unsigned(([first, second, ...others]) => [second as Part, first as Part, ...others])],
    ['has parts in another order', 'container-order', () => unsigned(([first, second, third, ...others]) => [first as Part, third as Part, second as Part, ...others])],
    ['has a part twice', 'container-entry-twice', () => unsigned((parts) => parts.flatMap((part) => (part.name === 'bundle.json' ? [part, part] : [part])))],
    ['has a part too many', 'manifest-part-missing', () => bundleOf([...good(), { name: 'more.json', bytes: utf8ToBytes('{}') }])],
    ['has a signature too many', 'container-order', () => writeContainer([...good(), { name: 'META-INF/0.p7s', bytes: new Uint8Array(3) }])],
    ['lacks a part', 'manifest-part-unknown', () => unsigned(without('summary.en.pdf'))],
    ['lacks its manifest', 'container-part-missing', () => unsigned(without(MANIFEST_PART))],
    ['has a byte of a part changed', 'digest-mismatch', () => unsigned(replaced('summary.en.pdf', utf8ToBytes('x')))],
    ['has two parts swapped', 'digest-mismatch', () => unsigned((parts) => replaced('summary.en.pdf', utf8ToBytes(text('summary.zh.pdf')))(parts))],
    ['has a manifest laid out otherwise', 'manifest-malformed', () => unsigned(replaced(MANIFEST_PART, utf8ToBytes(text(MANIFEST_PART).replace('?>\n', '?>'))))],
    ['has a manifest with another algorithm', 'manifest-malformed', () => unsigned(replaced(MANIFEST_PART, utf8ToBytes(text(MANIFEST_PART).replace('xmlenc#sha256', 'xmlenc#sha512'))))],
    ['is larger than is read', 'file-too-large', () => new Uint8Array(MAX_FILE_BYTES + 1)],
  ];
}
