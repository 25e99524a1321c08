export * from './software-passkey';
export * from './test-signer';
