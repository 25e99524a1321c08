import { join } from 'node:path';

/** Where a network's files lie below its directory. */
export class NetworkLayout {
  constructor(readonly directory: string) {}

  /** The topology file. */
  get topology(): string {
    return join(this.directory, 'topology.yaml');
  }

  /** What the adapter connects with. */
  get profile(): string {
    return join(this.directory, 'profile.json');
  }

  /** The chaincode that is deployed. */
  get deployment(): string {
    return join(this.directory, 'deployment.json');
  }

  /** The chaincode that is being deployed. */
  get nextDeployment(): string {
    return join(this.directory, 'deployment-next.json');
  }

  /** Who changes the network now. */
  get lock(): string {
    return join(this.directory, 'lock');
  }

  /** Says that the network was brought down: whoever supervises it lets it be. */
  get broughtDown(): string {
    return join(this.directory, 'down');
  }

  /** Settings that configtxgen reads, and the genesis block. */
  get channel(): string {
    return join(this.directory, 'channel');
  }

  /** Pid files, one a process. */
  get processes(): string {
    return join(this.directory, 'processes');
  }

  /** Log files, one a process. */
  get logs(): string {
    return join(this.directory, 'logs');
  }

  /** All that belongs to one organisation. */
  organisation(name: string): string {
    return join(this.directory, 'organisations', name);
  }

  /** The organisation's MSP as the channel knows it: roots only. */
  msp(name: string): string {
    return join(this.organisation(name), 'msp');
  }

  /** The home of the organisation's fabric-ca-server. */
  ca(name: string): string {
    return join(this.organisation(name), 'ca');
  }

  /** An identity of the organisation as an MSP directory. */
  identity(name: string, label: string): string {
    return join(this.organisation(name), 'identities', label);
  }

  /** The home of a node: configuration, MSP, TLS material, data. */
  node(name: string, node: string): string {
    return join(this.organisation(name), 'nodes', node);
  }

  /** TLS material of the organisation's chaincode, and its packages. */
  chaincode(name: string): string {
    return join(this.organisation(name), 'chaincode');
  }
}

/** Files of an MSP directory. */
export function mspFiles(directory: string): { readonly root: string; readonly tlsRoot: string; readonly config: string; readonly certificate: string; readonly privateKey: string } {
  return {
    root: join(directory, 'cacerts', 'ca.pem'),
    tlsRoot: join(directory, 'tlscacerts', 'tlsca.pem'),
    config: join(directory, 'config.yaml'),
    certificate: join(directory, 'signcerts', 'cert.pem'),
    privateKey: join(directory, 'keystore', 'key.pem'),
  };
}

/** Files of a TLS directory. */
export function tlsFiles(directory: string): { readonly root: string; readonly certificate: string; readonly privateKey: string } {
  return { root: join(directory, 'ca.crt'), certificate: join(directory, 'server.crt'), privateKey: join(directory, 'server.key') };
}
