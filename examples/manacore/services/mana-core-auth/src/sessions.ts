// Sessions in Redis: a token is good for as long as its session is there.
import { randomUUID } from 'node:crypto';
import type { Claims, TokenSigner, TokenVerifier } from '@manacore/shared-auth';
import { AppError } from '@manacore/shared-errors';
import type { Logger } from '@manacore/shared-logger';
import type { Resource, User } from '@manacore/shared-types';
import { Redis, type RedisOptions } from 'ioredis';

export const SESSIONS = Symbol('sessions');

export interface Sessions extends Resource {
  readonly seconds: number;
  /** Gives the access token of a new session. */
  begin(user: User): Promise<string>;
  end(sessionId: string): Promise<void>;
  has(sessionId: string): Promise<boolean>;
}

const keyOf = (sessionId: string) => `session:${sessionId}`;

export function openSessions(server: RedisOptions, options: { seconds: number; sign: TokenSigner; logger: Logger }): Sessions {
  const { seconds, sign, logger } = options;
  // A request fails soon when Redis is away; the connection itself is retried for ever.
  const redis = new Redis({ ...server, maxRetriesPerRequest: 1, connectTimeout: 3000 });
  redis.on('error', (error: Error) => logger.warn('Redis cannot be reached.', { reason: error.message }));
  return {
    name: 'redis',
    seconds,
    async begin(user) {
      const sessionId = randomUUID();
      await redis.set(keyOf(sessionId), user.id, 'EX', seconds);
      return sign({ ...user, sessionId }, seconds);
    },
    end: async (sessionId) => void (await redis.del(keyOf(sessionId))),
    has: async (sessionId) => (await redis.exists(keyOf(sessionId))) === 1,
    ping: async () => void (await redis.ping()),
    close: async () => redis.disconnect(),
  };
}

/** Accepts a good token only while its session lasts. */
export function sessionVerifier(verify: TokenVerifier<Claims>, sessions: Pick<Sessions, 'has'>): TokenVerifier<Claims> {
  return async (token) => {
    const claims = await verify(token);
    if (!(await sessions.has(claims.sessionId))) throw new AppError('unauthorized', 'The session has ended.');
    return claims;
  };
}
