import { EnrolmentError } from '../enrolment-error';
import type { FabricCaConnection, FabricCaRegistration } from './fabric-ca-connection';
import { FABRIC_CA_CODES, fabricCaCode } from './fabric-ca-error';
import type { FabricCaRegistrar } from './fabric-ca-registrar';

/**
 * Registers an identity that only this caller names, so that one that is registered already is the same whose answer was
 * lost: it gets the secret of this request.
 */
export async function registerOnce(connection: FabricCaConnection, registrar: FabricCaRegistrar, request: FabricCaRegistration): Promise<void> {
  try {
    await registrar.call((signer) => connection.register(signer, request));
  } catch (error) {
    if (!(error instanceof EnrolmentError) || fabricCaCode(error.cause) !== FABRIC_CA_CODES.ALREADY_REGISTERED) throw error;
    await registrar.call((signer) => connection.changeSecret(signer, request.id, request.secret));
  }
}
