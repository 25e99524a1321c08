import type { Context } from 'fabric-contract-api';
import { DomainError, PARTICIPANT_ID_FORM, PARTICIPANT_ROLES, type Participant, type ParticipantRole, type ParticipantState, type RuleBook } from '../domain';
import type { WorldState } from './world-state';

/** Certificate attributes set at enrolment. */
export const ROLE_ATTRIBUTE = 'kesu.role';
export const PARTICIPANT_ATTRIBUTE = 'kesu.participant';

/** What the caller's certificate says. The caller is always the certificate that signed, never an argument. */
export interface CallerCertificate {
  readonly mspId: string;
  readonly role: ParticipantRole;
  readonly participantId: string;
}

/**
 * Reads the caller's certificate.
 * @throws DomainError caller-unknown when it lacks Kesu's attributes, or names what is no participant's id.
 */
export function callerCertificate(ctx: Context): CallerCertificate {
  const { clientIdentity } = ctx;
  const attribute = clientIdentity.getAttributeValue(ROLE_ATTRIBUTE);
  const participantId = clientIdentity.getAttributeValue(PARTICIPANT_ATTRIBUTE);
  const role = PARTICIPANT_ROLES.find((known) => known === attribute);
  if (role === undefined || participantId === null || !PARTICIPANT_ID_FORM.test(participantId)) {
    throw DomainError.of('caller-unknown', `the caller's certificate lacks the attributes ${ROLE_ATTRIBUTE} and ${PARTICIPANT_ATTRIBUTE}: enrol with both`);
  }
  return { mspId: clientIdentity.getMSPID(), role, participantId };
}

/**
 * The caller's participant record; certificate, record and rule book must agree on role and organisation.
 * @throws DomainError participant-not-listed, participant-not-active, role-not-allowed.
 */
export async function callingParticipant(
  certificate: CallerCertificate,
  world: WorldState,
  ruleBook: RuleBook,
  allowed: { readonly roles: readonly ParticipantRole[]; readonly states: readonly ParticipantState[] },
): Promise<Participant> {
  const { participantId, mspId, role } = certificate;
  const listed = ruleBook.participants[participantId];
  const participant = listed === undefined ? undefined : await world.get('participant', participantId);
  if (listed === undefined || participant === undefined) throw DomainError.of('participant-not-listed', `${participantId} is not listed in the rule book`);
  if (participant.mspId !== mspId || listed.mspId !== mspId || participant.role !== role || listed.role !== role) {
    throw DomainError.of('caller-unknown', `the certificate is not one of ${participantId}: organisation or role differ from its record`);
  }
  if (!allowed.roles.includes(role)) throw DomainError.of('role-not-allowed', `a ${role} may not do this`);
  if (!allowed.states.includes(participant.state)) throw DomainError.of('participant-not-active', `${participantId} is ${participant.state}`);
  return participant;
}
