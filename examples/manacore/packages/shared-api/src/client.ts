// Calls to an API of ours, from a server or from an app.
import type { ErrorBody } from '@manacore/shared-types';

/** The API refused, or (status 503) could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly details: string[];

  constructor(status: number, message: string, details: string[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export interface Client {
  read<T>(path: string): Promise<T>;
  send<T>(path: string, body: unknown): Promise<T>;
}

/** How calls are made; an answer that takes longer than `patience` milliseconds is given up. */
export interface ClientOptions {
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  patience?: number;
}

/** Throws an ApiError for whatever is no good answer. */
export function createClient(address: string, { fetch: call = fetch, headers = {}, patience = 5000 }: ClientOptions = {}): Client {
  const ask = async <T>(path: string, init: RequestInit): Promise<T> => {
    const { signal, stop } = deadline(patience);
    const response = await call(new URL(path, address).href, { ...init, headers: { 'content-type': 'application/json', ...headers }, signal })
      .catch(() => {
        throw new ApiError(503, 'The backend does not answer.');
      })
      .finally(stop);
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return body as T;
    const { message, details } = (body as ErrorBody | undefined)?.error ?? { message: 'The backend failed.' };
    throw new ApiError(response.status, message, details);
  };
  return {
    read: (path) => ask(path, { method: 'GET' }),
    send: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  };
}

/** React Native has no AbortSignal.timeout. */
function deadline(milliseconds: number): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
