import { z } from 'zod';
import { equalAttributes, NODE_ROLES, type Attributes, type NodeRole } from '../certificate-profile';
import { createSecret } from '../enrolment-register';
import { EnrolmentError } from '../enrolment-error';
import type { WalletStorage } from '../storage';
import { getJson, putJson } from '../stored-json';
import { createCertificateRequest } from './certificate-request';
import type { FabricCaConnection } from './fabric-ca-connection';
import { registerOnce } from './register-once';
import type { FabricCaRegistrar } from './fabric-ca-registrar';

/** A peer, orderer or administrator of the network to register. Its id is the common name of its certificates. */
export interface NodeRegistration {
  /** 1 to 64 of `A–Z a–z 0–9 . _ -`: a machine's name, never a person's or an enterprise's. */
  readonly id: string;
  readonly role: NodeRole;
  readonly attributes?: Attributes;
}

/** Who enrols a node, and for what. */
export interface NodeEnrolment {
  readonly id: string;
  readonly secret: string;
  /** DNS names and IP addresses that the certificate is to name; for TLS certificates. */
  readonly hosts?: readonly string[];
  /** `tls` for a certificate of the TLS profile; a signing certificate when absent. */
  readonly profile?: 'tls';
  /** Names of the attributes that the certificate is to state; none when absent. */
  readonly attributes?: readonly string[];
  /** The key (PEM) that the certificate is for; a new one when absent. Orderers know one another by their keys, so a renewal keeps it. */
  readonly privateKey?: string;
}

/** A node's certificate and private key (PKCS#8) with the certificate chain of its authority, all PEM. */
export interface EnrolledNode {
  readonly certificate: string;
  readonly privateKey: string;
  readonly chain: readonly string[];
}

const nodeSchema = z.strictObject({ id: z.string(), role: z.enum(NODE_ROLES), attributes: z.record(z.string(), z.string()), secret: z.string(), isRegistered: z.boolean() });

/** The enrolment of a network's own machines, whose names may stand in certificates. */
export class FabricCaNodes {
  readonly #connection: FabricCaConnection;
  readonly #registrar: FabricCaRegistrar;
  readonly #storage: WalletStorage;
  readonly #prefix: string;

  constructor(options: {
    readonly connection: FabricCaConnection;
    readonly registrar: FabricCaRegistrar;
    readonly storage: WalletStorage;
    readonly mspId: string;
  }) {
    this.#connection = options.connection;
    this.#registrar = options.registrar;
    this.#storage = options.storage;
    this.#prefix = `fabric-ca/${options.mspId}/node/`;
  }

  /** Registers a node and answers the secret to enrol it with; again with the same role and attributes: the same secret. */
  async register({ id, role, attributes = {} }: NodeRegistration): Promise<{ readonly secret: string }> {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) {
      throw new EnrolmentError('request-malformed', 'A node’s id has 1 to 64 of the characters A–Z a–z 0–9 . _ -');
    }
    const key = this.#prefix + id;
    const known = await getJson(this.#storage, key, nodeSchema);
    if (known !== undefined && (known.role !== role || !equalAttributes(known.attributes, attributes))) {
      throw new EnrolmentError('registered-otherwise', 'The node is registered with another role or other attributes.');
    }
    const node = known ?? { id, role, attributes, secret: createSecret(), isRegistered: false };
    if (!node.isRegistered) {
      await putJson(this.#storage, key, node);
      await registerOnce(this.#connection, this.#registrar, node);
      await putJson(this.#storage, key, { ...node, isRegistered: true });
    }
    return { secret: node.secret };
  }

  /** Makes a key pair here, unless one is given, and a certificate for it. May be repeated: each answer is a new certificate. */
  async enrol({ id, secret, hosts = [], profile, attributes = [], privateKey: ownKey }: NodeEnrolment): Promise<EnrolledNode> {
    const { csr, privateKey } = await createCertificateRequest(id, hosts, ownKey);
    const issued = await this.#connection.enrol(id, secret, { csr, attributes, ...(profile && { profile }) });
    return { ...issued, privateKey };
  }
}
