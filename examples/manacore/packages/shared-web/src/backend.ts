// Calls from a web app's server to its backend.
import type { ErrorBody } from '@manacore/shared-types';

/** The backend refused, or (status 503) could not be reached. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly status: number;
  readonly details: string[];

  constructor(status: number, message: string, details: string[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The part of a SvelteKit event that a call needs. */
interface Caller {
  fetch: typeof fetch;
  request: { headers: Headers };
  getClientAddress(): string;
}

export interface Backend {
  read<T>(caller: Caller, path: string): Promise<T>;
  send<T>(caller: Caller, path: string, body: unknown): Promise<T>;
}

/** The last entry is the one our own proxy added; the ones before it are the client's word. */
function clientOf(caller: Caller): string {
  const forwarded = caller.request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  return forwarded || caller.getClientAddress();
}

/** The address is asked for at each call, because it is known at run time only. */
export function createBackend(address: () => string): Backend {
  const call = async <T>(caller: Caller, path: string, init: RequestInit): Promise<T> => {
    const response = await caller
      .fetch(new URL(path, address()), {
        ...init,
        // The backend throttles by client, not by this server.
        headers: { 'content-type': 'application/json', 'x-forwarded-for': clientOf(caller) },
        signal: AbortSignal.timeout(5000),
      })
      .catch(() => {
        throw new BackendError(503, 'The backend does not answer.');
      });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return body as T;
    const { message, details } = (body as ErrorBody | undefined)?.error ?? { message: 'The backend failed.' };
    throw new BackendError(response.status, message, details);
  };
  return {
    read: (caller, path) => call(caller, path, { method: 'GET' }),
    send: (caller, path, body) => call(caller, path, { method: 'POST', body: JSON.stringify(body) }),
  };
}
