// What nobody expected: one line of the log and one report.
import type { Logger } from './index.ts';
import type { Report } from './sentry.ts';

/** Tells the log and Sentry of an error; done when both know. */
export type Tell = (message: string, error: unknown) => Promise<void>;

/** The innermost cause: what a database library wraps around it repeats the query's values, which are no matter for a log. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause ? causeOf(error.cause) : error;
}

export function createTell(logger: Logger, report: Report): Tell {
  return (message, error) => {
    const cause = causeOf(error);
    logger.error(message, { trace: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
    return report(cause);
  };
}

/**
 * Has an error that nobody catches, a rejected promise among them, end the process with 1 after it was told. Where somebody
 * listens for such errors already nothing is added: a development server runs what calls this with every edit.
 */
export function endByUncaught(tell: Tell): void {
  if (process.listenerCount('uncaughtException') > 0) return;
  process.on('uncaughtException', async (error) => {
    try {
      await tell('The process ends by an error that nobody caught.', error);
    } finally {
      process.exit(1);
    }
  });
}
