/** The Fabric network: written from one topology file, started without Docker, watched and stopped. */
export { networkDown, type DownReport } from './network-down';
export { NETWORK_ERROR_CODES, NetworkError, type NetworkErrorCode } from './network-error';
export { networkUp, type Phase, type UpOptions, type UpReport } from './network-up';
export type { NetworkProfile, ProfileNode } from './profile';
export { hasPrograms } from './programs';
