// Nest's own messages, as JSON lines.
import type { Logger } from '@manacore/shared-logger';
import type { LoggerService } from '@nestjs/common';

/** Nest gives its context as the last of the further arguments. */
function contextOf(rest: unknown[]): { context?: unknown } {
  return rest.length > 0 ? { context: rest.at(-1) } : {};
}

export function nestLogger(logger: Logger): LoggerService {
  return {
    // Nest's start-up chatter (one line per route) is of use to developers only.
    log: (message: unknown, ...rest: unknown[]) => logger.debug(String(message), contextOf(rest)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(String(message), contextOf(rest)),
    error: (message: unknown, ...rest: unknown[]) => logger.error(String(message), contextOf(rest)),
  };
}
