// Calls from a web app's server to its backend, in the name of whoever asked.
import { ApiError, createClient, type Client } from '@manacore/shared-api';

/** The part of a SvelteKit event that a call needs. */
export interface Caller {
  fetch: typeof fetch;
  request: { headers: Headers };
  getClientAddress(): string;
  cookies: { get(name: string): string | undefined; delete(name: string, options: { path: string }): void };
}

/** The cookie that holds the access token. */
export const SESSION = 'session';

export interface Backend {
  read<T>(caller: Caller, path: string): Promise<T>;
  send<T>(caller: Caller, path: string, body: unknown): Promise<T>;
}

/** The last entry is the one our own proxy added; the ones before it are the client's word. */
export function clientOf(caller: Pick<Caller, 'request' | 'getClientAddress'>): string {
  const forwarded = caller.request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  return forwarded || caller.getClientAddress();
}

/** The backend throttles by client, not by this server, and knows users by their token. */
function clientFor(caller: Caller, address: string): Client {
  const token = caller.cookies.get(SESSION);
  const headers = { 'x-forwarded-for': clientOf(caller), ...(token && { authorization: `Bearer ${token}` }) };
  return createClient(address, { fetch: caller.fetch, headers });
}

/** The address is asked for at each call, because it is known at run time only. A session that has ended is forgotten. */
export function createBackend(address: () => string): Backend {
  const ask = async <T>(caller: Caller, call: (client: Client) => Promise<T>): Promise<T> => {
    try {
      return await call(clientFor(caller, address()));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || !caller.cookies.get(SESSION)) throw error;
      caller.cookies.delete(SESSION, { path: '/' });
      return call(clientFor({ ...caller, cookies: { ...caller.cookies, get: () => undefined } }, address()));
    }
  };
  return {
    read: (caller, path) => ask(caller, (client) => client.read(path)),
    send: (caller, path, body) => ask(caller, (client) => client.send(path, body)),
  };
}

/** The address inside the network when there is one, else the one that browsers use, else a developer's own backend. */
export function backendAddress(port: number, { BACKEND_URL, PUBLIC_BACKEND_URL } = process.env): string {
  return BACKEND_URL || PUBLIC_BACKEND_URL || `http://localhost:${port}`;
}
