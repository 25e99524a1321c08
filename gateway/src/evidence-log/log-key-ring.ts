import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { canonicalJson, logKeyIntroduction, noteKeyOf, toBase64url, utf8ToBytes, type LogKeyUse, type NoteKey, type Participant, type SignEd25519 } from '@kesu/chaincode/domain';
import type { PrivateJournal } from '@kesu/network';
import type { GatewayParts } from '../gateway-parts';
import { identityFor } from '../use-cases/submit-as';

/** Table of the private journal that holds the Ed25519 keys of log and cosigners. */
export const LOG_KEY_TABLE = 'log-keys';

/** SPKI DER of an Ed25519 key ends in the key's 32 bytes (RFC 8410). */
const RAW_KEY_BYTES = 32;

/** An Ed25519 key that this gateway holds for a participant. */
export interface HeldLogKey {
  readonly participantId: string;
  readonly use: LogKeyUse;
  /** 32 bytes, base64url. */
  readonly publicKey: string;
  readonly sign: SignEd25519;
}

/** The Ed25519 keys of the log and of cosigners that this gateway holds, all in its private journal. */
export class LogKeyRing {
  constructor(private readonly journal: PrivateJournal) {}

  /** The participant's key for a use, made at its first use. */
  async keyOf(participantId: string, use: LogKeyUse): Promise<HeldLogKey> {
    const name = `${participantId}/${use}`;
    const stored = await this.journal.get(LOG_KEY_TABLE, name);
    if (stored !== undefined) return heldKey(participantId, use, createPrivateKey({ key: stored, format: 'der', type: 'pkcs8' }));
    const { privateKey } = generateKeyPairSync('ed25519');
    await this.journal.commit([{ table: LOG_KEY_TABLE, key: name, value: privateKey.export({ format: 'der', type: 'pkcs8' }) }]);
    return heldKey(participantId, use, privateKey);
  }
}

function heldKey(participantId: string, use: LogKeyUse, privateKey: KeyObject): HeldLogKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { participantId, use, publicKey: toBase64url(spki.subarray(-RAW_KEY_BYTES)), sign: (message) => sign(null, message, privateKey) };
}

/** The note key of a held key on a network. */
export function noteKeyOfHeld(network: string, { participantId, use, publicKey }: HeldLogKey): NoteKey {
  return noteKeyOf(network, participantId, { use, publicKey });
}

/**
 * Introduces a key that the ledger doesn't know yet, with its participant's own certificate.
 * @throws as `submit`; GatewayError not-allowed.
 */
export async function introduceLogKey(parts: Pick<GatewayParts, 'ledger' | 'identityOf' | 'random'>, network: string, { participantId, use, publicKey, sign: signWith }: HeldLogKey): Promise<void> {
  const identity = identityFor(parts, participantId);
  const { result } = await parts.ledger.evaluate(identity, 'records:read', { kind: 'participant', id: participantId });
  const known = (result.record as Participant).logKeys ?? [];
  if (known.some((one) => one.publicKey === publicKey)) return;
  const proof = signWith(utf8ToBytes(canonicalJson(logKeyIntroduction(network, participantId, { use, publicKey }))));
  await parts.ledger.submit(identity, 'participants:introduce-log-key', { operation: Buffer.from(parts.random(16)).toString('hex'), use, publicKey, proof: toBase64url(proof) });
}
