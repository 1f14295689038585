// What people sign up and in with.
import { AppError } from '@manacore/shared-errors';

export interface Credentials {
  email: string;
  password: string;
}

const SHORTEST = 8;
const LONGEST = 200;

/** Reads credentials out of a request's body; throws an AppError `invalid` that tells all mistakes. */
export function parseCredentials(input: unknown): Credentials {
  const { email, password } = (input ?? {}) as Record<string, unknown>;
  const details: string[] = [];
  if (typeof email !== 'string' || !/^\S+@\S+\.\S+$/.test(email.trim())) details.push('email is not an address');
  if (typeof password !== 'string' || password.length < SHORTEST || password.length > LONGEST) {
    details.push(`password does not have ${SHORTEST} to ${LONGEST} characters`);
  }
  if (details.length > 0) throw new AppError('invalid', 'These credentials cannot be used.', { details });
  return { email: (email as string).trim().toLowerCase(), password: password as string };
}
