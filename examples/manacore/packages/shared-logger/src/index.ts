// Events as JSON, one line each, for whatever collects a container's output; errors for Sentry.
import { LOG_LEVELS, type LogLevel } from '@manacore/shared-types';

export { createReport, parseDsn, type Report, type Reporter } from './sentry.ts';
export { createTell, endByUncaught, type Tell } from './unexpected.ts';

export type Fields = Record<string, unknown>;
export type Logger = Record<LogLevel, (message: string, fields?: Fields) => void>;

export interface LoggerOptions {
  service: string;
  environment?: string;
  /** The quietest level that is written. */
  level?: LogLevel;
  write?: (line: string) => void;
}

/** Where this runs, as lines and reports tell it: NODE_ENV says `production` wherever an image runs. */
export function environmentName({ ENVIRONMENT, NODE_ENV }: NodeJS.ProcessEnv = process.env): string {
  return ENVIRONMENT || NODE_ENV || 'development';
}

/** A logger that drops what is below its level. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, environment, level = 'info', write = (line) => process.stdout.write(line) } = options;
  const threshold = LOG_LEVELS.indexOf(level);
  const log = (at: LogLevel) => (message: string, fields: Fields = {}) => {
    if (LOG_LEVELS.indexOf(at) < threshold) return;
    write(`${JSON.stringify({ level: at, timestamp: new Date().toISOString(), service, environment, message, ...fields })}\n`);
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
