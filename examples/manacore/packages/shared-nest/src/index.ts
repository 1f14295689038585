// What every NestJS service of ours does alike; a service calls `serve` and adds its own module.
export { corsOptions } from './cors.ts';
export { CurrentUser, SignedIn } from './identity.ts';
export { METRICS } from './metrics.ts';
export { serve, type Service } from './serve.ts';
export { authFields, serviceFields, type ServiceSettings } from './settings.ts';
