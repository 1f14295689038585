// What is kept in Redis for a while: answers that are dear to make, and counts.
export { createCache, type Cache, type Store } from './cache.ts';
export { KEYS } from './keys.ts';
export { openCache, openStore, type Server } from './redis.ts';
