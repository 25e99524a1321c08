import type { NoteSignature, WitnessRequest } from '@kesu/chaincode/domain';

/** Why a witness doesn't cosign, as c2sp.org/tlog-witness numbers it; 503: it can't tell yet. */
export type WitnessStatus = 400 | 403 | 404 | 409 | 422 | 503;

/** A witness refused. */
export class WitnessRefusal extends Error {
  override readonly name = 'WitnessRefusal';

  /** @param size of the latest checkpoint it cosigned; present exactly with 409. */
  constructor(
    readonly status: WitnessStatus,
    message: string,
    readonly size?: number,
  ) {
    super(message);
  }
}

/** Who cosigns checkpoints (c2sp.org/tlog-witness): this gateway's own cosigners, and other organisations' over HTTP. */
export interface Witness {
  /** The name of its key. */
  readonly name: string;
  /** Signature lines over the checkpoint. @throws WitnessRefusal. */
  cosign(request: WitnessRequest): Promise<readonly NoteSignature[]>;
}
