// Tells Sentry of an error, by its envelope protocol: one request, no library in every process.
import { randomUUID } from 'node:crypto';

export type Report = (error: unknown) => Promise<void>;

export interface Reporter {
  service: string;
  environment?: string | undefined;
}

interface Destination {
  url: URL;
  key: string;
}

/** A DSN is https://KEY@HOST/PATH/PROJECT. Throws when it is none, without showing it. */
export function parseDsn(dsn: string): Destination {
  const { origin, username, pathname } = URL.canParse(dsn) ? new URL(dsn) : { origin: '', username: '', pathname: '' };
  const project = pathname.split('/').at(-1);
  if (!username || !project) throw new Error('SENTRY_DSN is no address of the form https://KEY@HOST/PROJECT.');
  const path = pathname.slice(0, -project.length);
  return { url: new URL(`${path}api/${project}/envelope/`, origin), key: username };
}

/** Does nothing without a DSN. A report never fails and is given up after three seconds. */
export function createReport(dsn: string | undefined, reporter: Reporter): Report {
  if (!dsn) return async () => {};
  const { url, key } = parseDsn(dsn);
  return async (error) => {
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${key}` },
      body: envelope(error, reporter),
      signal: AbortSignal.timeout(3000),
    };
    await fetch(url, request).catch(() => undefined);
  };
}

/** An envelope is lines of JSON: its header, the header of its one item, the item. */
function envelope(error: unknown, { service, environment }: Reporter): string {
  const id = randomUUID().replaceAll('-', '');
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const event = {
    event_id: id,
    timestamp: Date.now() / 1000,
    platform: 'node',
    level: 'error',
    server_name: service,
    environment,
    tags: { service },
    exception: { values: [{ type: name, value: message, stacktrace: { frames: framesOf(stack) } }] },
  };
  return [{ event_id: id }, { type: 'event' }, event].map((line) => JSON.stringify(line)).join('\n');
}

/** Sentry wants the oldest call first. */
function framesOf(stack = ''): { function: string; filename: string; lineno: number }[] {
  const lines = [...stack.matchAll(/^ +at (?:(.+?) \()?(.+?):(\d+):\d+\)?$/gm)];
  return lines.map(([, name, file, line]) => ({ function: name ?? '?', filename: file!, lineno: Number(line) })).reverse();
}
