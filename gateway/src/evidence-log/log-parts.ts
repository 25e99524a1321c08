import { DomainError, instantOf, logNoteKeyAt, type LogKeyUse, type NoteKey } from '@kesu/chaincode/domain';
import type { Ledger, PrivateJournal } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';
import { closeEach } from '../close-each';
import { CheckpointPublisher } from './checkpoint-publisher';
import { Cosigner } from './cosigner';
import { EvidenceLog } from './evidence-log';
import { introduceLogKey, type HeldLogKey, LogKeyRing } from './log-key-ring';
import type { Witness } from './witness';

/** A gateway's log, open: what the HTTP API and the sealing of evidence work with. */
export interface LogParts {
  readonly log: EvidenceLog;
  /** Present where this gateway speaks for the node, whose log it is. */
  readonly publisher: CheckpointPublisher | undefined;
  /** The cosigner of the participant that this gateway speaks for: others' logs of the same ledger ask it. */
  readonly cosigner: Cosigner;
  close(): Promise<void>;
}

/** With what a gateway's log is opened. */
export interface LogPartsOptions {
  readonly directory: string;
  readonly network: string;
  readonly ledger: Pick<Ledger, 'blocks' | 'head'>;
  readonly parts: Pick<GatewayParts, 'ledger' | 'identityOf' | 'random' | 'readModel' | 'clock' | 'self' | 'log'>;
  readonly store: PrivateJournal;
  /** Whether this gateway publishes the log: it speaks for the node. */
  readonly publishes: boolean;
  /** Further participants whose cosigners live here, as the demonstration's wallet holds all organisations. */
  readonly alsoCosigns: readonly string[];
  /** Other organisations' witnesses. */
  readonly witnesses: readonly Witness[];
}

/** Opens a gateway's log, and introduces its keys on the ledger where it doesn't know them yet. */
export async function openLogParts({ directory, network, ledger, parts, store, publishes, alsoCosigns, witnesses }: LogPartsOptions): Promise<LogParts> {
  const ring = new LogKeyRing(store);
  const logKey = publishes ? await ring.keyOf(parts.self, 'LOG') : undefined;
  if (logKey !== undefined) await introduceLogKey(parts, network, logKey);
  const ownKey = await ring.keyOf(parts.self, 'COSIGN');
  await introduceLogKey(parts, network, ownKey);
  const cosignKeys = [ownKey, ...(await furtherCosigners({ parts, network, alsoCosigns }, ring))];
  const log = await EvidenceLog.open({ directory, ledger, network, log: parts.log });
  const keysOf = (use: LogKeyUse) => (): readonly NoteKey[] => introducedKeys(parts, network, use);
  const cosigners = cosignKeys.map((key) => new Cosigner({ log, key, logKeys: keysOf('LOG'), store, clock: parts.clock }));
  const [cosigner] = cosigners;
  if (cosigner === undefined) throw new TypeError('a gateway has a cosigner');
  const publisher = logKey === undefined ? undefined : new CheckpointPublisher({ log, key: logKey, witnesses: [...cosigners, ...witnesses], cosignerKeys: keysOf('COSIGN'), store, logger: parts.log });
  return { log, publisher, cosigner, close: () => closeEach([() => log.close()]) };
}

/** Keys of the further participants whose certificates still count: one that was revoked cosigns no more and holds no start up. */
async function furtherCosigners({ parts, network, alsoCosigns }: Pick<LogPartsOptions, 'parts' | 'network' | 'alsoCosigns'>, ring: LogKeyRing): Promise<HeldLogKey[]> {
  const keys: HeldLogKey[] = [];
  for (const id of alsoCosigns) {
    const key = await ring.keyOf(id, 'COSIGN');
    try {
      await introduceLogKey(parts, network, key);
      keys.push(key);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      parts.log.warn({ participant: id, code: error.code }, 'a participant does not cosign: the ledger refuses its certificate');
    }
  }
  return keys;
}

/** Every key of a use that the ledger knows and that counts now. */
export function introducedKeys({ readModel, clock }: Pick<GatewayParts, 'readModel' | 'clock'>, network: string, use: LogKeyUse): NoteKey[] {
  const at = instantOf(clock.now());
  return Object.keys(readModel.ruleBook()?.participants ?? {}).flatMap((id) => {
    const participant = readModel.record('participant', id)?.record;
    const key = participant?.state === 'ADMITTED' ? logNoteKeyAt(participant, use, network, at) : undefined;
    return key === undefined ? [] : [key];
  });
}
