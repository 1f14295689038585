// The settings that all services have.
import { environmentName } from '@manacore/shared-logger';
import { LOG_LEVELS, type LogLevel } from '@manacore/shared-types';
import { integer, list, text, type Field, type Settings } from '@manacore/shared-utils';

const logLevel: Field<LogLevel> = {
  variable: 'LOG_LEVEL',
  parse(value = 'info') {
    const level = LOG_LEVELS.find((known) => known === value);
    if (!level) throw new Error(`is none of ${LOG_LEVELS.join(', ')}`);
    return level;
  },
};

export function serviceFields(port: number) {
  return {
    port: integer('PORT', port),
    environment: text('ENVIRONMENT', environmentName()),
    logLevel,
    corsOrigins: list('CORS_ORIGINS'),
    /** Requests that one address may make in `throttleSeconds`. */
    throttleLimit: integer('THROTTLE_LIMIT', 100),
    throttleSeconds: integer('THROTTLE_SECONDS', 60),
    /** Proxies in front of the service whose X-Forwarded-For is believed. */
    trustedProxies: integer('TRUSTED_PROXIES', 1),
    /** Where unexpected errors are reported; nowhere when it is not set. */
    sentryDsn: text('SENTRY_DSN', undefined),
  };
}

/** What `chooseVerifier` wants. */
export const authFields = {
  jwtPublicKey: text('JWT_PUBLIC_KEY', undefined),
  jwtSecret: text('JWT_SECRET', undefined),
  authUrl: text('MANA_CORE_AUTH_URL', undefined),
};

/** Where Redis is. */
export const redisFields = {
  redisHost: text('REDIS_HOST'),
  redisPort: integer('REDIS_PORT', 6379),
  redisPassword: text('REDIS_PASSWORD', undefined),
};

/** Redis as its client wants to be told of it. */
export function redisServer({ redisHost: host, redisPort: port, redisPassword: password }: Settings<typeof redisFields>) {
  return { host, port, ...(password && { password }) };
}

export type ServiceSettings = Settings<ReturnType<typeof serviceFields>>;
