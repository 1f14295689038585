// Starts mana-core-auth: accounts, sessions, access tokens and credits for all products.
import { createSigner, localVerifier, parseKeys } from '@manacore/shared-auth';
import { createCache, openStore } from '@manacore/shared-cache';
import { openDatabase } from '@manacore/shared-database';
import { METRICS, observeDatabase, redisFields, redisServer, serve, serviceFields } from '@manacore/shared-nest';
import { integer, text } from '@manacore/shared-utils';
import { Counter, type Registry } from 'prom-client';
import { ACCOUNTS, Accounts } from './accounts.ts';
import { AuthController, FAILED_LOGINS } from './auth.controller.ts';
import { CreditsController } from './credits.controller.ts';
import { CREDITS, Credits } from './credits.ts';
import { createPayments, PAYMENTS } from './payments.ts';
import * as schema from './schema.ts';
import { createSessions, SESSIONS, sessionVerifier } from './sessions.ts';

const WEEK = 7 * 24 * 60 * 60;

const failedLogins = {
  provide: FAILED_LOGINS,
  inject: [METRICS],
  useFactory: (registry: Registry) => new Counter({ name: 'failed_logins_total', help: 'Logins refused.', registers: [registry] }),
};

await serve('mana-core-auth', {
  settings: {
    ...serviceFields(3001),
    ...redisFields,
    databaseUrl: text('DATABASE_URL'),
    jwtPrivateKey: text('JWT_PRIVATE_KEY', undefined),
    jwtSecret: text('JWT_SECRET', undefined),
    stripeSecretKey: text('STRIPE_SECRET_KEY', undefined),
    sessionSeconds: integer('SESSION_SECONDS', WEEK),
  },
  open(settings, logger) {
    const keys = parseKeys(settings);
    if (!keys) throw new Error('The environment does not fit: set JWT_PRIVATE_KEY or JWT_SECRET.');
    const database = openDatabase(settings.databaseUrl, schema, logger);
    const store = openStore(redisServer(settings), logger);
    const cache = createCache(store, logger);
    const sessions = createSessions(store, { seconds: settings.sessionSeconds, sign: createSigner(keys) });
    return {
      controllers: [AuthController, CreditsController],
      providers: [
        failedLogins,
        { provide: ACCOUNTS, useValue: new Accounts(database.orm) },
        { provide: CREDITS, useValue: new Credits(database.orm, cache) },
        { provide: PAYMENTS, useValue: createPayments(settings.stripeSecretKey) },
        { provide: SESSIONS, useValue: sessions },
      ],
      // It holds the sessions beside the cache: without it nobody is known.
      resources: [database, { ...cache, isNeeded: true }],
      observe: (registry) => observeDatabase(registry, database),
      verifier: sessionVerifier(localVerifier(keys), sessions),
    };
  },
});
