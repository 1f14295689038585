// What happens to every request of a web app: a check of where forms come from, security headers, a line in the log.
import type { Handle } from '@sveltejs/kit';

type Log = (message: string, fields: Record<string, unknown>) => void;

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'geolocation=(), microphone=(), camera=()',
};

/** Browsers send Origin with every form they post; its host must be the one they were asking. */
export function isSameHost(headers: Headers): boolean {
  const origin = headers.get('origin');
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  return [headers.get('host'), headers.get('x-forwarded-host')].includes(new URL(origin).host);
}

/**
 * Replaces SvelteKit's own check of forms (see kit.js), which compares whole origins and so must be told the scheme that
 * the proxy speaks: an image that runs in every environment does not know it.
 */
export function createHandle(log: { info: Log; debug: Log }): Handle {
  return async ({ event, resolve }) => {
    const { method, headers } = event.request;
    if (!['GET', 'HEAD', 'OPTIONS'].includes(method) && !isSameHost(headers)) {
      return new Response('This form was posted from another site.', { status: 403 });
    }
    const start = performance.now();
    const response = await resolve(event);
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    const write = event.route.id === '/api/health' ? log.debug : log.info;
    write('request', { method, route: event.route.id ?? 'unknown', status_code: response.status, duration: `${(performance.now() - start).toFixed(1)}ms` });
    return response;
  };
}
