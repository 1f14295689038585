// Which origins may call a service from a browser.
import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';

/** `*` stands for one label of a host, or for a port: https://*.manacore.app, http://localhost:*. */
function originPattern(origin: string): RegExp {
  const literal = origin.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[a-z0-9-]+')}$`, 'i');
}

export function corsOptions(origins: string[]): CorsOptions {
  return {
    origin: origins.map(originPattern),
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'],
    allowedHeaders: ['Content-Type', 'Authorization', 'X-App-ID'],
  };
}
