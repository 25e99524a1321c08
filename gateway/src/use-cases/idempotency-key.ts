import { idempotencyKeySchema } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';

/** Between characters that are no letters or digits: ids of random letters and digits pass. */
const PERSONAL = [
  { what: 'a unified social credit code', form: /(?<![0-9A-Za-z])[0-9ANY][0-9A-Z]\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])/i },
  { what: "a resident's id or a registration number", form: /(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15})(?![0-9A-Za-z])/ },
  { what: 'a phone number', form: /(?<![0-9A-Za-z])(?:\+?86-?)?1[3-9]\d(?:-?\d{4}){2}(?![0-9A-Za-z])/ },
] as const;

/** What number of a firm or person a text looks like; undefined when like none. Such a text must not stand on the ledger (I16). */
export function personalNumberIn(text: string): string | undefined {
  return PERSONAL.find(({ form }) => form.test(text))?.what;
}

/**
 * Accepts an idempotency key. It stands on the ledger beside its release, so that one which looks like a firm's or person's
 * number is refused (I16).
 * @throws GatewayError idempotency-key-refused.
 */
export function assertIdempotencyKey(key: string): void {
  if (!idempotencyKeySchema.safeParse(key).success) throw GatewayError.of('idempotency-key-refused', 'an idempotency key is 1 to 128 visible ASCII characters');
  const personal = personalNumberIn(key);
  if (personal !== undefined) throw GatewayError.of('idempotency-key-refused', `the idempotency key looks like ${personal}, and it would stand on the ledger: use a random one, such as a UUID`);
}
