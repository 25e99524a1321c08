import { stringify } from 'yaml';

const ROOT_FILE = 'cacerts/ca.pem';

/** The `config.yaml` of an MSP directory: NodeOUs on, so that a certificate's organisational unit says what its holder may be. */
export function mspConfig(): string {
  const unit = (role: string): object => ({ Certificate: ROOT_FILE, OrganizationalUnitIdentifier: role });
  return stringify({
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: unit('client'),
      PeerOUIdentifier: unit('peer'),
      AdminOUIdentifier: unit('admin'),
      OrdererOUIdentifier: unit('orderer'),
    },
  });
}
