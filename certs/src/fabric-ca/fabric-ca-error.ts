import { z } from 'zod';
import { EnrolmentError, type EnrolmentErrorCode } from '../enrolment-error';

/**
 * Codes of fabric-ca-server that this workspace acts on (`lib/caerrors` of fabric-ca 1.5). The server folds every reason
 * for which it doesn't know a caller into 20, and every right that a caller lacks into 71.
 */
export const FABRIC_CA_CODES = {
  REVOKED_IDENTITY_NOT_FOUND: 10,
  AUTHENTICATION: 20,
  ALREADY_REVOKED: 66,
  ALREADY_REGISTERED: 74,
} as const;

interface Meaning {
  readonly code: EnrolmentErrorCode;
  readonly detail: string;
}

/** What the codes mean that a call of ours can be answered with. A code that isn't here is `authority-failed`. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  2: { code: 'authority-refused', detail: 'The authority saw no credentials; a proxy between here and it may drop the authorization header.' },
  7: { code: 'authority-refused', detail: 'The registrar may not revoke: it lacks hf.Revoker.' },
  8: { code: 'not-enrolled', detail: 'The authority has issued no such certificate.' },
  10: { code: 'not-registered', detail: 'The authority does not know the identity.' },
  16: { code: 'authority-refused', detail: 'The authority does not know the affiliation.' },
  17: { code: 'authority-refused', detail: 'The registrar’s affiliation does not cover the identity.' },
  19: { code: 'authority-missing', detail: 'The server runs no authority of this name.' },
  20: {
    code: 'secret-wrong',
    detail: 'The authority refused id and secret: the secret is wrong or used up, the identity is unknown or revoked, or enrolment is disabled.',
  },
  22: { code: 'authority-refused', detail: 'Enrolment is disabled at the authority.' },
  35: { code: 'authority-refused', detail: 'The registrar may not make revocation lists: it lacks hf.GenCRL.' },
  42: { code: 'authority-refused', detail: 'The registrar may not grant an attribute: hf.Registrar.Attributes does not name it.' },
  43: { code: 'authority-refused', detail: 'The registrar may not grant attributes: it lacks hf.Registrar.Attributes.' },
  44: { code: 'authority-refused', detail: 'The registrar’s affiliation does not cover the identity.' },
  46: { code: 'authority-refused', detail: 'The authority’s own certificate may not sign revocation lists.' },
  53: { code: 'authority-refused', detail: 'The registrar may not change identities.' },
  54: { code: 'authority-refused', detail: 'The registrar may not register this class: hf.Registrar.Roles does not name it.' },
  55: { code: 'authority-refused', detail: 'The registrar’s affiliation does not cover the identity.' },
  63: { code: 'not-registered', detail: 'The authority does not know the identity.' },
  66: { code: 'revoked', detail: 'The certificate has been revoked already.' },
  70: { code: 'revoked', detail: 'The identity has been revoked at the authority.' },
  71: {
    code: 'authority-refused',
    detail: 'The registrar may not do this: it lacks a class in hf.Registrar.Roles, an attribute in hf.Registrar.Attributes, hf.Revoker or hf.GenCRL.',
  },
  72: { code: 'authority-refused', detail: 'The authority takes its identities from LDAP; they are registered there.' },
  73: { code: 'authority-refused', detail: 'The secret was wrong too often and the authority has locked the identity.' },
  74: { code: 'registered-otherwise', detail: 'The authority has registered an identity of this name already.' },
  76: { code: 'authority-refused', detail: 'The registrar may not register this identity.' },
  80: { code: 'request-malformed', detail: 'The authority finds a name in the certificate request too long.' },
  82: { code: 'authority-refused', detail: 'Registration is disabled at the authority (registry.maxenrollments is 0).' },
};

const TLS_REASONS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'The authority’s server certificate names other hosts than the one called.',
  CERT_HAS_EXPIRED: 'The authority’s server certificate has expired.',
  CERT_NOT_YET_VALID: 'The authority’s server certificate is not valid yet, or this machine’s clock is slow.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The authority’s server certificate is signed by itself and is not among the TLS roots.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The authority’s server certificate chains to a root that is not among the TLS roots.',
  UNABLE_TO_GET_ISSUER_CERT: 'The authority’s server certificate chains to none of the TLS roots.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'The authority’s server certificate chains to none of the TLS roots.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The authority’s server certificate chains to none of the TLS roots.',
  CERT_SIGNATURE_FAILURE: 'The authority’s server certificate is signed by another key than that of the TLS root with this name.',
  EPROTO: 'What listens there does not speak TLS as fabric-ca does, or demands a client certificate.',
};

const serverErrorSchema = z.object({ errors: z.array(z.object({ code: z.int(), message: z.string() })).min(1) });
const systemErrorSchema = z.object({ code: z.string() });

/** fabric-ca's own code in an error of its client; undefined when the server didn't answer with one. */
export function fabricCaCode(error: unknown): number | undefined {
  return serverErrorSchema.safeParse(error).data?.errors[0]?.code;
}

/**
 * An error of the fabric-ca client as an EnrolmentError, with it as cause.
 * @param endpoint where the authority was called, for the sentence.
 */
export function decodeFabricCaError(cause: unknown, endpoint: string): EnrolmentError {
  if (cause instanceof EnrolmentError) return cause;
  const { code, detail } = answeredMeaning(cause) ?? connectionMeaning(cause, endpoint);
  return new EnrolmentError(code, detail, { cause });
}

function answeredMeaning(cause: unknown): Meaning | undefined {
  const number = fabricCaCode(cause);
  if (number === undefined) return undefined;
  const { code, detail } = MEANINGS[number] ?? { code: 'authority-failed', detail: 'The authority could not do what was asked.' };
  return { code, detail: `${detail} (fabric-ca ${number})` };
}

function connectionMeaning(cause: unknown, endpoint: string): Meaning {
  const system = systemErrorSchema.safeParse(cause).data?.code;
  if (system !== undefined) {
    const untrusted = TLS_REASONS[system];
    if (untrusted !== undefined) return { code: 'authority-untrusted', detail: `${untrusted} (${endpoint}, ${system})` };
    return { code: 'authority-unreachable', detail: `Nothing answers at ${endpoint} (${system}).` };
  }
  if (cause instanceof Error && /Timeout/.test(cause.message)) {
    return { code: 'authority-unreachable', detail: `The authority at ${endpoint} did not answer in time.` };
  }
  return { code: 'authority-failed', detail: `The authority at ${endpoint} answered something that is not fabric-ca’s.` };
}
