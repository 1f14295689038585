// Small pure functions without dependencies.
export * from './settings.ts';
export * from './text.ts';
