import type { ParticipantRole } from '@kesu/chaincode/domain';

/** Who sends an HTTP request, established by the authentication: never by anything in the request itself. */
export type Requester =
  | {
      readonly kind: 'PARTICIPANT';
      readonly id: string;
      readonly role: ParticipantRole;
      /** True for a demonstration token: the gateway may then sign requests with that role's demonstration key. */
      readonly demonstration: boolean;
      /** The code of the officer who signed in for it; absent for the participant's own machines. */
      readonly officer?: string;
    }
  | {
      readonly kind: 'ENTERPRISE';
      readonly ref: string;
      /** The key it signed in with; absent for a demonstration token. */
      readonly loginKey?: string;
    };
