import { stringify } from 'yaml';
import type { AnyOrganisation, Topology } from './topology';

/** The name of the organisation's authority for identities; the server's first. */
export function identityCaName({ name }: Pick<AnyOrganisation, 'name'>): string {
  return `${name}-ca`;
}

/** The name of its authority for TLS: another root, so that a TLS certificate is no identity. */
export function tlsCaName({ name }: Pick<AnyOrganisation, 'name'>): string {
  return `${name}-tlsca`;
}

/** Who registers identities, with the secret made at the first start. */
export interface Registrar {
  readonly id: string;
  readonly secret: string;
}

/** How long a root holds: fabric-ca's own default. */
const ROOT_HOURS = 131_400;
const HOURS_PER_DAY = 24;

/** Longer than an orderer or peer runs without a new list: Fabric's MSP doesn't look at a list's end, other readers do. */
const REVOCATION_LIST_HOURS = 8_760;

/** The configuration of an organisation's fabric-ca-server: its authority for identities, then the one for TLS. */
export function caConfigs(topology: Topology, organisation: AnyOrganisation, registrar: Registrar): { readonly identity: string; readonly tls: string } {
  const server = {
    port: organisation.ca.port,
    address: topology.host,
    tls: { enabled: true, clientauth: { type: 'noclientcert' } },
    cafiles: ['tlsca/fabric-ca-server-config.yaml'],
    operations: { listenAddress: `${topology.host}:0`, tls: { enabled: false } },
    metrics: { provider: 'disabled' },
  };
  return {
    identity: stringify({ ...server, ...authority(topology, organisation, identityCaName(organisation), registrar) }),
    tls: stringify(authority(topology, organisation, tlsCaName(organisation), registrar)),
  };
}

function authority(topology: Topology, organisation: AnyOrganisation, caName: string, registrar: Registrar): object {
  const expiry = `${topology.certificateDays * HOURS_PER_DAY}h`;
  return {
    ca: { name: caName },
    crl: { expiry: `${REVOCATION_LIST_HOURS}h` },
    crlsizelimit: 512_000,
    registry: {
      maxenrollments: -1,
      identities: [{ name: registrar.id, pass: registrar.secret, type: 'client', affiliation: '', attrs: REGISTRAR_ATTRIBUTES }],
    },
    db: { type: 'sqlite3', datasource: 'fabric-ca-server.db' },
    affiliations: {},
    signing: {
      default: { usage: ['digital signature'], expiry },
      profiles: { tls: { usage: ['signing', 'key encipherment', 'server auth', 'client auth', 'key agreement'], expiry } },
    },
    csr: {
      cn: caName,
      keyrequest: { algo: 'ecdsa', size: 256 },
      names: [{ O: organisation.mspId }],
      hosts: ['localhost', topology.host],
      ca: { expiry: `${ROOT_HOURS}h`, pathlength: 0 },
    },
    bccsp: { default: 'SW', sw: { hash: 'SHA2', security: 256, filekeystore: { keystore: 'msp/keystore' } } },
    cfg: { identities: { passwordattempts: 10 } },
  };
}

/** It registers nodes, operators and participants with Kesu's attributes, and revokes; it makes no further registrars. */
const REGISTRAR_ATTRIBUTES = {
  'hf.Registrar.Roles': 'client,admin,peer,orderer',
  'hf.Registrar.Attributes': 'kesu.*',
  'hf.Revoker': true,
  'hf.GenCRL': true,
};
