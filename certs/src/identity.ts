/** A signer over the private key of an identity: DER ECDSA over SHA-256 of `message`, low S. The key itself may stay in a device. */
export type SignMessage = (message: Uint8Array) => Promise<Uint8Array>;

/** Who calls the ledger: an organisation (MSP id), an X.509 certificate (PEM) and a signer over its key. */
export interface Identity {
  readonly mspId: string;
  readonly certificate: string;
  readonly sign: SignMessage;
}
