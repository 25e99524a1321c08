/** `@kesu/gateway`: start a gateway in this process. */
export { readConfiguration, type Configuration } from './config';
export { startGateway, type RunningGateway, type StartOptions } from './main';
export { StartError } from './start-error';
