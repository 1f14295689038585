// Texts in Redis.
import type { Logger } from '@manacore/shared-logger';
import { Redis, type RedisOptions } from 'ioredis';
import { createCache, type Cache, type Store } from './cache.ts';

export type Server = Pick<RedisOptions, 'host' | 'port' | 'password'>;

/** A request fails soon when Redis is away; the connection itself is retried for ever. */
export function openStore(server: Server, logger: Logger): Store {
  const redis = new Redis({ ...server, maxRetriesPerRequest: 1, connectTimeout: 3000 });
  redis.on('error', (error: Error) => logger.warn('Redis cannot be reached.', { reason: error.message }));
  return {
    get: (name) => redis.get(name),
    set: async (name, text, seconds) => void (await redis.set(name, text, 'EX', seconds)),
    add: async (name, text, seconds) => void (await redis.set(name, text, 'EX', seconds, 'NX')),
    delete: async (name) => void (await redis.del(name)),
    async increment(name, seconds) {
      // One transaction: a process that ends between a count and its end would leave the count for ever.
      const told = await redis.multi().set(name, 0, 'EX', seconds, 'NX').incr(name).exec();
      const [error, count] = told?.at(-1) ?? [new Error('Redis has dropped a transaction.')];
      if (error) throw error;
      return count as number;
    },
    ping: async () => void (await redis.ping()),
    close: async () => redis.disconnect(),
  };
}

export function openCache(server: Server, logger: Logger): Cache {
  return createCache(openStore(server, logger), logger);
}
