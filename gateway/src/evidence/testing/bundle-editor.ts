import { canonicalJson, utf8ToBytes } from '@kesu/chaincode/domain';
import type { Part } from '@kesu/verifier';

/** A JSON object of a part, to be changed. */
export type Value = Record<string, unknown>;

/** A change of a bundle's parts. */
export type Change = (parts: Part[]) => Part[];

/** Names and changes parts of a bundle that is there only when a test runs. */
export class BundleEditor {
  constructor(private readonly parts: () => readonly Part[]) {}

  bytes = (name: string): Buffer => Buffer.from(this.parts().find((part) => part.name === name)?.bytes ?? []);
  text = (name: string): string => this.bytes(name).toString('utf8');
  json = (name: string): Value => JSON.parse(this.text(name)) as Value;

  names(): string[] {
    return this.parts().map(({ name }) => name);
  }

  /** The first part whose name starts so. */
  starting = (prefix: string): string => this.names().find((name) => name.startsWith(prefix)) ?? 'no part';

  /** The fact whose event fits. */
  factOf = (fits: (event: Value) => boolean): string => this.names().find((name) => name.startsWith('facts/') && fits(this.json(name).event as Value)) ?? 'no fact';
  isKind = (kind: string, action?: string): string => this.factOf((event) => event.kind === kind && (action === undefined || event.action === action));
  permit = (): string => this.factOf((event) => event.kind === 'release' && (event.release as Value).decision === 'PERMIT');
  denial = (): string => this.factOf((event) => event.kind === 'release' && (event.release as Value).decision === 'DENY');

  edited =
    (name: string, edit: (value: Value) => void): Change =>
    (parts) => {
      const value = JSON.parse(Buffer.from(parts.find((part) => part.name === name)?.bytes ?? []).toString('utf8')) as Value;
      edit(value);
      return replaced(name, utf8ToBytes(canonicalJson(value)))(parts);
    };

  editedEvent = (name: string, edit: (event: Value) => void): Change => this.edited(name, (value) => edit(value.event as Value));

  /** Every fact of a kind of record changed. */
  editedEvents =
    (kind: string, edit: (event: Value) => void): Change =>
    (parts) =>
      this.names()
        .filter((name) => name.startsWith('facts/') && (this.json(name).event as Value).kind === kind)
        .reduce((all, name) => this.editedEvent(name, edit)(all), parts);

  editedLeaf = (name: string, edit: (leaf: Value) => void): Change =>
    this.edited(name, (value) => {
      const leaf = JSON.parse(value.leaf as string) as Value;
      edit(leaf);
      value.leaf = canonicalJson(leaf);
    });
}

/** A part with other bytes. */
export const replaced =
  (name: string, bytes: Uint8Array): Change =>
  (parts) =>
    parts.map((part) => (part.name === name ? { name, bytes } : part));

/** The bundle without a part. */
export const without =
  (name: string): Change =>
  (parts) =>
    parts.filter((part) => part.name !== name);

/** Changes one after the other. */
export const all =
  (...changes: readonly Change[]): Change =>
  (parts) =>
    changes.reduce((sum, change) => change(sum), parts);
