// Starts mana-core-auth: accounts, sessions and access tokens for all products.
import { createSigner, localVerifier, parseKeys } from '@manacore/shared-auth';
import { openDatabase } from '@manacore/shared-database';
import { METRICS, serve, serviceFields } from '@manacore/shared-nest';
import { integer, text } from '@manacore/shared-utils';
import { Module } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { ACCOUNTS, Accounts } from './accounts.ts';
import { AuthController, FAILED_LOGINS } from './auth.controller.ts';
import * as schema from './schema.ts';
import { openSessions, SESSIONS, sessionVerifier } from './sessions.ts';

const WEEK = 7 * 24 * 60 * 60;

const failedLogins = {
  provide: FAILED_LOGINS,
  inject: [METRICS],
  useFactory: (registry: Registry) => new Counter({ name: 'failed_logins_total', help: 'Logins refused.', registers: [registry] }),
};

@Module({ controllers: [AuthController], providers: [failedLogins] })
class AuthModule {}

await serve('mana-core-auth', {
  settings: {
    ...serviceFields(3001),
    databaseUrl: text('DATABASE_URL'),
    redisHost: text('REDIS_HOST'),
    redisPort: integer('REDIS_PORT', 6379),
    redisPassword: text('REDIS_PASSWORD', undefined),
    jwtPrivateKey: text('JWT_PRIVATE_KEY', undefined),
    jwtSecret: text('JWT_SECRET', undefined),
    sessionSeconds: integer('SESSION_SECONDS', WEEK),
  },
  open(settings, logger) {
    const keys = parseKeys(settings);
    if (!keys) throw new Error('The environment does not fit: set JWT_PRIVATE_KEY or JWT_SECRET.');
    const database = openDatabase(settings.databaseUrl, schema, logger);
    const { redisHost: host, redisPort: port, redisPassword: password, sessionSeconds: seconds } = settings;
    const sessions = openSessions({ host, port, password }, { seconds, sign: createSigner(keys), logger });
    return {
      imports: [AuthModule],
      values: [
        { provide: ACCOUNTS, useValue: new Accounts(database.orm) },
        { provide: SESSIONS, useValue: sessions },
      ],
      resources: [database, sessions],
      verifier: sessionVerifier(localVerifier(keys), sessions),
    };
  },
});
