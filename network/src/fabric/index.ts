/** `@kesu/network/fabric`: the adapter to Hyperledger Fabric, apart from the index as its libraries take long to load. */
export { type EndorseOptions, type FabricEndorsement, FabricLedger, type FabricLedgerOptions } from './fabric-ledger';
export { type NetworkPlace, type ConnectionProfile, connectionProfileSchema, readConnectionProfile } from './connection-profile';
