import type { SignedHandover, SignedHandoverReceipt } from './handover-wire';

/** The way to the system of one notary, arbitrator or court. */
export interface HandoverChannel {
  /**
   * Delivers and brings back the receipt. Called again after an error: the receiver tells repeats apart by case and package digest and answers the same receipt.
   * @throws HandoverError.
   */
  deliver(handover: SignedHandover, signal: AbortSignal): Promise<SignedHandoverReceipt>;
}

/** Why a delivery failed, and whether another try may help. The sentence names no one (I16). */
export class HandoverError extends Error {
  override readonly name = 'HandoverError';

  constructor(
    readonly kind: 'unavailable' | 'refused' | 'invalid-receipt',
    message: string,
  ) {
    super(message);
  }
}
