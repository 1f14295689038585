// Verifies access tokens, with a key at hand or by asking mana-core-auth.
import { AppError } from '@manacore/shared-errors';
import type { User } from '@manacore/shared-types';
import { jwtVerify } from 'jose';
import { parseKeys, type KeyTexts, type TokenKeys } from './keys.ts';
import { ISSUER, type Claims } from './signer.ts';

/** Gives the user a token stands for, or throws an AppError `unauthorized`. `client` is the address of whoever sent it. */
export type TokenVerifier<T extends User = User> = (token: string, client?: string) => Promise<T>;

export function localVerifier({ algorithm, verify }: TokenKeys): TokenVerifier<Claims> {
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, verify, { algorithms: [algorithm], issuer: ISSUER, requiredClaims: ['sub', 'jti', 'email'] });
      return { id: payload.sub!, email: String(payload.email), sessionId: payload.jti! };
    } catch (cause) {
      throw new AppError('unauthorized', 'The access token is not valid.', { cause });
    }
  };
}

/** Asks mana-core-auth, which also knows the sessions that were ended; it throttles by client, not by who asks for many. */
export function remoteVerifier(authUrl: string): TokenVerifier {
  return async (token, client) => {
    const response = await fetch(new URL('/api/me', authUrl), {
      headers: { authorization: `Bearer ${token}`, ...(client && { 'x-forwarded-for': client }) },
      signal: AbortSignal.timeout(3000),
    }).catch((cause: unknown) => {
      throw new AppError('unavailable', 'Sign-in cannot be checked at the moment.', { cause });
    });
    if (response.status === 401) throw new AppError('unauthorized', 'The access token is not valid.');
    if (!response.ok) throw new AppError('unavailable', 'Sign-in cannot be checked at the moment.');
    return ((await response.json()) as { user: User }).user;
  };
}

/** Verifies with the key that is set, else through mana-core-auth, else not at all (undefined). */
export function chooseVerifier(settings: KeyTexts & { authUrl?: string | undefined }): TokenVerifier | undefined {
  const keys = parseKeys(settings);
  if (keys) return localVerifier(keys);
  return settings.authUrl ? remoteVerifier(settings.authUrl) : undefined;
}

/** The token of an Authorization header; undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(header ?? '')?.[1];
}
