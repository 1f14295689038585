// Errors that a client is meant to see: a code, a status and a sentence.
import { ERROR_CODES, type ErrorBody, type ErrorCode, type Parsed } from '@manacore/shared-types';

const STATUS: Record<ErrorCode, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-many-requests': 429,
  internal: 500,
  unavailable: 503,
};

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: string[];

  constructor(code: ErrorCode, message: string, options: { details?: string[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** The code of an HTTP status that no AppError stands behind. */
export function codeOf(status: number): ErrorCode {
  return ERROR_CODES.find((code) => STATUS[code] === status) ?? (status < 500 ? 'invalid' : 'internal');
}

export function errorBody(code: ErrorCode, message: string, details: string[] = []): ErrorBody {
  return { error: { code, message, ...(details.length > 0 && { details }) } };
}

/** What a client sent, once it is free of mistakes; an AppError `invalid` that tells them all otherwise. */
export function accepted<T>({ value, mistakes }: Parsed<T>): T {
  if (mistakes) throw new AppError('invalid', 'This cannot be accepted.', { details: mistakes });
  return value as T;
}
