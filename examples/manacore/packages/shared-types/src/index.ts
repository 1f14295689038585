// The words that services, clients and packages share; constants and types only.

export const ERROR_CODES = ['invalid', 'unauthorized', 'forbidden', 'not-found', 'conflict', 'too-many-requests', 'internal', 'unavailable'] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What a service answers when it cannot do what it was asked. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: string[] };
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A person who signed in. */
export interface User {
  id: string;
  email: string;
}

/** Something a service holds open: a database, a cache. Its health is checked by ping, and it is closed at the end. */
export interface Resource {
  readonly name: string;
  /** Whether the service is of no use without it; what is not needed may be down in good health. */
  readonly isNeeded: boolean;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface HealthReport {
  status: 'ok' | 'failing';
  service: string;
  checks: Record<string, 'up' | 'down'>;
}

/** What came of reading something that a client sent: the value, or all its mistakes. */
export type Parsed<T> = { value: T; mistakes?: never } | { value?: never; mistakes: string[] };

/** What every record of a product has. */
export interface Stored {
  id: string;
  /** ISO 8601, in UTC. */
  createdAt: string;
}
