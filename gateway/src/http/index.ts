export * from './gateway-server';
export * from './http-options';
