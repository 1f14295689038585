// The plan of a product's API: its own database, the accounts of mana-core-auth, a cache if it wants one.
import { chooseVerifier } from '@manacore/shared-auth';
import { openCache, type Cache } from '@manacore/shared-cache';
import { openDatabase, type Schema } from '@manacore/shared-database';
import { text, type Field, type Settings } from '@manacore/shared-utils';
import type { Provider, Type } from '@nestjs/common';
import { observeDatabase } from './metrics.ts';
import type { Plan } from './serve.ts';
import { authFields, redisFields, redisServer, serviceFields } from './settings.ts';

/** The tokens of what every product's controllers may have injected. */
export const DATABASE = Symbol('database');
export const CACHE = Symbol('cache');

type Fields = Record<string, Field<unknown>>;

export interface Product<Own extends Fields> {
  port: number;
  /** The tables, as drizzle knows them. */
  schema: Schema;
  controllers: Type[];
  /** Settings of its own, and what is made of them. */
  settings?: Own;
  providers?(settings: Settings<Own>): Provider[];
}

const common = (port: number) => ({ ...serviceFields(port), ...authFields, databaseUrl: text('DATABASE_URL') });

export function backend<Own extends Fields = Record<never, never>>(product: Product<Own>): Plan<ReturnType<typeof common> & Own> {
  return {
    settings: { ...common(product.port), ...(product.settings as Own) },
    open(settings, logger) {
      const { databaseUrl, ...auth } = settings as Settings<ReturnType<typeof common>>;
      const database = openDatabase(databaseUrl, product.schema, logger);
      return {
        controllers: product.controllers,
        providers: [{ provide: DATABASE, useValue: database.orm }, ...(product.providers?.(settings as never) ?? [])],
        resources: [database],
        observe: (registry) => observeDatabase(registry, database),
        verifier: chooseVerifier(auth),
      };
    },
  };
}

/** The same with Redis, for a product that keeps something for a while. */
export function cachedBackend<Own extends Fields = Record<never, never>>(product: Product<Own>) {
  const plan = backend<Own & typeof redisFields>({ ...product, settings: { ...redisFields, ...product.settings } as never });
  const open: typeof plan.open = (settings, logger) => {
    const cache: Cache = openCache(redisServer(settings as never), logger);
    const service = plan.open(settings, logger);
    return {
      ...service,
      providers: [...service.providers, { provide: CACHE, useValue: cache }],
      resources: [...service.resources, cache],
    };
  };
  return { ...plan, open };
}
