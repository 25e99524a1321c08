import type { Identity } from '@kesu/certs';
import { canonicalJson, digestOf, DomainError, instantOf, type Enterprise } from '@kesu/chaincode/domain';
import { hasCreditCodeForm, isCreditCode } from '../credit-code-check';
import { GatewayError } from '../gateway-error';
import type { GatewayParts } from '../gateway-parts';
import { submitChange, type CommittedChange } from './committed';
import { derivedId } from './secrets';
import { countLookup, refOfCode, subjectChanges, subjectOf } from './subject-map';

/** An enterprise as a platform registers it. Name, code and person stay in the private journal. */
export interface EnterpriseRegistration extends Pick<Enterprise, 'kind' | 'region' | 'industry' | 'size'> {
  readonly name: string;
  readonly creditCode: string;
  /** The person whom the registry names as legal representative, operator or managing partner. */
  readonly representativeName: string;
  readonly predecessor?: string;
  /** Digest of the registry's document that confirms a code whose check character fails. */
  readonly codeConfirmedBy?: string;
}

/** Who registers: the platform's id and identity. */
export interface RegisteringPlatform {
  readonly id: string;
  readonly identity: Identity;
}

type Plan = { readonly ref: string; readonly bodyDigest: string; readonly at: string };

/** The table of plans in the private journal. */
export const PLANS = 'registrations';
const running = new WeakMap<GatewayParts['store'], Promise<unknown>>();

/**
 * Registers an enterprise under a random ref. The plan lies in the journal before the ledger is asked, so that a repeat does the
 * same; registrations run one after the other, so that one code has one ref. Of a code that is registered already nothing is told
 * but that: another platform may serve its enterprise only by the enterprise's own signature (`enterprises:join-platform`).
 * @throws GatewayError malformed-body for a code that is none, idempotency-conflict, rate-limited; DomainError already-exists, LedgerError.
 */
export function registerEnterprise(parts: GatewayParts, platform: RegisteringPlatform, registration: EnterpriseRegistration, operation: string): Promise<CommittedChange> {
  assertCode(registration);
  const turn = (running.get(parts.store) ?? Promise.resolve()).catch(() => undefined).then(() => register(parts, platform, registration, operation));
  running.set(parts.store, turn);
  return turn;
}

function assertCode({ creditCode, codeConfirmedBy }: EnterpriseRegistration): void {
  if (isCreditCode(creditCode) || (codeConfirmedBy !== undefined && hasCreditCodeForm(creditCode))) return;
  throw GatewayError.of('malformed-body', 'the code is no unified social credit code', {
    faults: [{ pointer: '/creditCode', detail: 'the check character of GB 32100-2015 is wrong; a code that the registry confirmed needs codeConfirmedBy' }],
  });
}

async function register(parts: GatewayParts, platform: RegisteringPlatform, registration: EnterpriseRegistration, operation: string): Promise<CommittedChange> {
  const plan = (await storedPlan(parts, operation, registration)) ?? (await makePlan(parts, platform.id, registration, operation));
  const { kind, region, industry, size, predecessor } = registration;
  const representative = await pseudonymOf(parts, plan.ref, registration.representativeName);
  const command = { operation, ref: plan.ref, kind, region, industry, size, representative, ...(predecessor === undefined ? {} : { predecessor }) };
  return submitChange(parts, platform.identity, 'enterprises:register', command);
}

/** A person's pseudonym within one enterprise: the same name has the same there, and another elsewhere. */
export function pseudonymOf(parts: Pick<GatewayParts, 'store' | 'random'>, ref: string, name: string): Promise<string> {
  return derivedId(parts, 'pseudonyms', ref, name.normalize('NFC'));
}

async function storedPlan({ store }: GatewayParts, operation: string, registration: EnterpriseRegistration): Promise<Plan | undefined> {
  const stored = await store.get(PLANS, operation);
  if (stored === undefined) return undefined;
  const plan = JSON.parse(stored.toString('utf8')) as Plan;
  if (plan.bodyDigest !== digestOf(registration)) throw GatewayError.of('idempotency-conflict', 'another registration was sent under this idempotency key');
  return plan;
}

async function makePlan(parts: GatewayParts, platform: string, registration: EnterpriseRegistration, operation: string): Promise<Plan> {
  const known = await refOfCode(parts, registration.creditCode);
  if (known !== undefined && parts.readModel.record('enterprise', known) !== undefined) {
    await countLookup(parts, platform, undefined);
    throw DomainError.of('already-exists', 'an enterprise of this code is registered: it registers at a further platform by its own signature (POST /v1/letter-sets with registrations)');
  }
  const ref = known ?? Buffer.from(parts.random(16)).toString('hex');
  const plan: Plan = { ref, bodyDigest: digestOf(registration), at: instantOf(parts.clock.now()) };
  const changes = await subjectChanges(parts, await newSubject(parts, ref, registration));
  await parts.store.commit([{ table: PLANS, key: operation, value: Buffer.from(canonicalJson(plan), 'utf8') }, ...changes]);
  return plan;
}

async function newSubject(parts: GatewayParts, ref: string, { name, creditCode, representativeName, codeConfirmedBy }: EnterpriseRegistration) {
  const person = await pseudonymOf(parts, ref, representativeName);
  const former = await subjectOf(parts, ref);
  return {
    ref,
    name: name.normalize('NFC'),
    creditCode,
    persons: { ...former?.persons, [person]: representativeName.normalize('NFC') },
    ...(codeConfirmedBy === undefined ? {} : { codeConfirmedBy }),
  };
}
