// Sessions in Redis: a token is good for as long as its session is there.
import { randomUUID } from 'node:crypto';
import type { Claims, TokenSigner, TokenVerifier } from '@manacore/shared-auth';
import { KEYS, type Store } from '@manacore/shared-cache';
import { AppError } from '@manacore/shared-errors';
import type { User } from '@manacore/shared-types';

export const SESSIONS = Symbol('sessions');

export interface Sessions {
  readonly seconds: number;
  /** Gives the access token of a new session. */
  begin(user: User): Promise<string>;
  end(sessionId: string): Promise<void>;
  has(sessionId: string): Promise<boolean>;
}

export function createSessions(store: Store, { seconds, sign }: { seconds: number; sign: TokenSigner }): Sessions {
  const nameOf = (sessionId: string) => KEYS.session(sessionId, seconds).name;
  return {
    seconds,
    async begin(user) {
      const sessionId = randomUUID();
      await store.set(nameOf(sessionId), user.id, seconds);
      return sign({ ...user, sessionId }, seconds);
    },
    end: (sessionId) => store.delete(nameOf(sessionId)),
    has: async (sessionId) => (await store.get(nameOf(sessionId))) !== null,
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
