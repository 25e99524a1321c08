import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { caConfigs } from './ca-config';
import { coreConfig } from './core-config';
import { registrarOf } from './enrol-organisation';
import { ordererConfig } from './orderer-config';
import type { NetworkContext } from './peer-command';
import type { AnyOrganisation, PeerOrganisation } from './topology';
import { writeWhole } from './write-whole';

/** Writes the configuration of an organisation's fabric-ca-server. It holds the registrar's secret. */
export function writeCaConfig({ topology, layout }: NetworkContext, organisation: AnyOrganisation): void {
  const home = layout.ca(organisation.name);
  const { identity, tls } = caConfigs(topology, organisation, registrarOf(layout, organisation.name));
  writeWhole(join(home, 'fabric-ca-server-config.yaml'), identity, { secret: true });
  writeWhole(join(home, 'tlsca', 'fabric-ca-server-config.yaml'), tls, { secret: true });
}

/** Writes the orderers' configurations. */
export function writeOrdererConfigs({ topology, layout, programs }: NetworkContext): void {
  for (const node of topology.ordering.nodes) {
    const home = layout.node(topology.ordering.name, node.name);
    mkdirSync(join(home, 'data'), { recursive: true });
    writeWhole(join(home, 'orderer.yaml'), ordererConfig(topology, node, layout, programs.fabric));
  }
}

/** Writes a peer's configuration. */
export function writePeerConfig({ topology, layout, programs }: NetworkContext, organisation: PeerOrganisation): void {
  const home = layout.node(organisation.name, organisation.peer.name);
  mkdirSync(join(home, 'data'), { recursive: true });
  writeWhole(join(home, 'core.yaml'), coreConfig({ topology, organisation, layout, version: programs.fabric, builder: programs.builder }));
}
