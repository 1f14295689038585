// Turns whatever was thrown into an answer; a client sees no more than an AppError or Nest's own errors tell.
import { AppError, codeOf, errorBody } from '@manacore/shared-errors';
import type { Tell } from '@manacore/shared-logger';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';

/** Errors of express' own parts (a body that is no JSON, say) carry a status and whether they may be shown. */
type ExposedError = Error & { status?: number; expose?: boolean };

export function explain(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HttpException) return new AppError(codeOf(error.getStatus()), error.message, { cause: error });
  const { status, expose, message } = error as ExposedError;
  if (status && expose) return new AppError(codeOf(status), message, { cause: error });
  return new AppError('internal', 'Something went wrong.', { cause: error });
}

@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly tell: Tell) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { code, status, message, details } = explain(error);
    if (status >= 500) void this.tell(message, error);
    const response = host.switchToHttp().getResponse<Response>();
    if (!response.headersSent) response.status(status).json(errorBody(code, message, details));
  }
}
