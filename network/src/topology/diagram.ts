import type { Topology } from './topology';

/** The network drawn from its topology file, as a Mermaid flowchart: who runs what on which port, and who calls whom. */
export function topologyDiagram(topology: Topology): string {
  const { ordering, organisations } = topology;
  return [
    'flowchart LR',
    `  subgraph ${ordering.name}["${ordering.title} · ${ordering.mspId}"]`,
    `    ${ordering.name}_ca["fabric-ca :${ordering.ca.port}"]`,
    ...ordering.nodes.map(({ name, port, adminPort }) => `    ${name}["${name} :${port}<br/>administration :${adminPort}"]`),
    '  end',
    ...organisations.flatMap(({ name, title, mspId, ca, peer, chaincodePorts }) => [
      `  subgraph ${name}["${title} · ${mspId}"]`,
      `    ${name}_gateway(["gateway"])`,
      `    ${name}_peer["${name}-${peer.name} :${peer.port}"]`,
      `    ${name}_chaincode["chaincode :${chaincodePorts.join(' or :')}"]`,
      `    ${name}_ca["fabric-ca :${ca.port}"]`,
      `    ${name}_peer -- mutual TLS --> ${name}_chaincode`,
      '  end',
    ]),
    ...rafts(topology),
    ...organisations.flatMap(({ name }) => [`  ${name}_gateway -- proposals --> ${name}_peer`, `  ${name}_gateway -- transactions --> ${ordering.name}`, `  ${ordering.name} -- blocks --> ${name}_peer`]),
    '',
  ].join('\n');
}

function rafts({ ordering: { nodes } }: Topology): string[] {
  return nodes.flatMap(({ name }, index) => nodes.slice(index + 1).map((other) => `  ${name} <-- Raft --> ${other.name}`));
}
