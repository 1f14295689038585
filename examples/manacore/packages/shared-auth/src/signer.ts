// Signs access tokens.
import type { User } from '@manacore/shared-types';
import { SignJWT } from 'jose';
import type { TokenKeys } from './keys.ts';

/** What a token says: who, and in which session. */
export interface Claims extends User {
  sessionId: string;
}

export type TokenSigner = (claims: Claims, seconds: number) => Promise<string>;

export const ISSUER = 'mana-core-auth';

export function createSigner({ algorithm, sign }: TokenKeys): TokenSigner {
  if (!sign) throw new Error('Signing needs JWT_PRIVATE_KEY or JWT_SECRET; a public key only verifies.');
  return ({ id, email, sessionId }, seconds) =>
    new SignJWT({ email })
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(ISSUER)
      .setSubject(id)
      .setJti(sessionId)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(sign);
}
