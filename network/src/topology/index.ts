/** The Fabric network: written from one topology file, started without Docker, watched and stopped. */
export { addOrganisation, type AddOrganisationOptions } from './add-organisation';
export { fetchConfiguration, updateChannel, type ChannelConfiguration, type ChannelUpdate, type ConfigurationGroup, type ConfigurationSource } from './channel-update';
export { topologyDiagram } from './diagram';
export { networkDoctor, type Finding } from './network-doctor';
export { networkDown, type DownReport } from './network-down';
export { NETWORK_ERROR_CODES, NetworkError, type NetworkErrorCode } from './network-error';
export { networkStatus, type NetworkStatus, type ProcessStatus } from './network-status';
export { superviseNetwork, type EndedProcess, type SuperviseEvent, type SuperviseOptions } from './network-supervise';
export { networkUp, networkUpgrade, type Phase, type UpOptions, type UpReport } from './network-up';
export { openNetwork } from './open-network';
export { packageBuild, type PackageOptions } from './package-build';
export type { NetworkContext } from './peer-command';
export type { NetworkProfile, ProfileNode } from './profile';
export { hasPrograms } from './programs';
export { publishRevocations, type PeerRefusal, type PublishedRevocations, type RevocationsToPublish } from './publish-revocations';
export { readTopology, type PeerOrganisation, type Topology } from './topology';
