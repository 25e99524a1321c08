/** The Fabric network: written from one topology file, started without Docker, watched and stopped. */
export { topologyDiagram } from './diagram';
export { networkDoctor, type Finding } from './network-doctor';
export { networkDown, type DownReport } from './network-down';
export { NETWORK_ERROR_CODES, NetworkError, type NetworkErrorCode } from './network-error';
export { networkStatus, type NetworkStatus, type ProcessStatus } from './network-status';
export { networkUp, networkUpgrade, type Phase, type UpOptions, type UpReport } from './network-up';
export type { NetworkProfile, ProfileNode } from './profile';
export { hasPrograms } from './programs';
export { readTopology, type Topology } from './topology';
