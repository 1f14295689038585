// Passwords as scrypt hashes: "salt:hash", both in base64.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const LENGTH = 32;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, LENGTH);
  return `${salt.toString('base64')}:${hash.toString('base64')}`;
}

/** Hashes even where there is no account, so that the answer's time does not tell which addresses are known. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [salt = '', hash = ''] = (stored ?? ':').split(':');
  const derived = await derive(password, Buffer.from(salt, 'base64'), LENGTH);
  const expected = Buffer.from(hash, 'base64');
  return expected.length === LENGTH && timingSafeEqual(derived, expected);
}
