// The actions behind the form of SignIn.svelte: a session is the access token in a cookie that no script can read.
import { ApiError, createClient, shape, words } from '@manacore/shared-api';
import type { User } from '@manacore/shared-types';

const COOKIE = 'session';
const parseCredentials = shape({ email: words(200), password: words(200) });

interface CookieOptions {
  path: string;
  httpOnly: boolean;
  secure: boolean;
  sameSite: 'lax';
  maxAge: number;
}

/** The part of a SvelteKit event that is needed here. */
interface Visit {
  url: URL;
  fetch: typeof fetch;
  request: { formData(): Promise<FormData> };
  cookies: { get(name: string): string | undefined; set(name: string, value: string, options: CookieOptions): void; delete(name: string, options: { path: string }): void };
}

interface Session {
  token: string;
  expiresIn: number;
  user: User;
}

/** Where the accounts are, a developer's own when nothing is said; they throttle by client, not by this server. */
function accounts(visit: Visit, client: string, token?: string) {
  const headers = { 'x-forwarded-for': client, ...(token && { authorization: `Bearer ${token}` }) };
  return createClient(process.env.MANA_CORE_AUTH_URL || 'http://localhost:3001', { fetch: visit.fetch, headers });
}

/** What is shown when it did not work; the password is not given back. */
export type Refusal = { signInMistakes: string[] };

/** `client` is the address of whoever signs in. */
export async function signIn(visit: Visit, client: string): Promise<Refusal | undefined> {
  const { value, mistakes } = parseCredentials(Object.fromEntries(await visit.request.formData()));
  if (mistakes) return { signInMistakes: mistakes };
  try {
    const { token, expiresIn } = await accounts(visit, client).send<Session>('/api/auth/login', value);
    const secure = visit.url.protocol === 'https:';
    visit.cookies.set(COOKIE, token, { path: '/', httpOnly: true, secure, sameSite: 'lax', maxAge: expiresIn });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { signInMistakes: [error.message, ...error.details] };
  }
}

/** The cookie goes even if mana-core-auth cannot be reached. */
export async function signOut(visit: Visit, client: string): Promise<void> {
  const token = visit.cookies.get(COOKIE);
  visit.cookies.delete(COOKIE, { path: '/' });
  if (token) await accounts(visit, client, token).send('/api/auth/logout', {}).catch(() => undefined);
}
