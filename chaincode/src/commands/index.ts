export * from './catalogue';
export * from './command';
export * from './disputes';
export * from './enterprises';
export * from './evidence';
export * from './grants';
export * from './participants';
export * from './releases';
