// What every NestJS service of ours does alike; a product's API is `serve(NAME, backend(...))`.
export { backend, CACHE, cachedBackend, DATABASE, type Product } from './backend.ts';
export { collection, type Collection } from './collection.ts';
export { corsOptions } from './cors.ts';
export { CurrentUser, SignedIn } from './identity.ts';
export { METRICS, observeDatabase } from './metrics.ts';
export { serve, type Plan, type Service } from './serve.ts';
export { authFields, redisFields, redisServer, serviceFields, type ServiceSettings } from './settings.ts';
