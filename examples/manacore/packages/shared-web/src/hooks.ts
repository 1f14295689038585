// The hooks of a web app: what happens to every request, and to every error that nobody expected.
import { chooseLocale } from '@manacore/shared-i18n';
import { createLogger, createReport, createTell, endByUncaught, environmentName, type Logger } from '@manacore/shared-logger';
import type { Handle, HandleServerError } from '@sveltejs/kit';
import { isSameHost } from './origin.ts';

/** Whether this server answers; the backend has a health check of its own. */
const HEALTH = '/api/health';
/** The policy of contents is SvelteKit's (see kit.js): it names the nonce of each answer's own scripts. */
const HEADERS = {
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-XSS-Protection': '1; mode=block',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'geolocation=(), microphone=(), camera=()',
};

export function webHooks(service: string): { handle: Handle; handleError: HandleServerError } {
  const environment = environmentName();
  const logger = createLogger({ service, environment });
  const tell = createTell(logger, createReport(process.env.SENTRY_DSN, { service, environment }));
  endByUncaught(tell);
  return {
    handle: createHandle(logger),
    handleError: ({ error, status, message }) => {
      if (status < 500) return { message };
      void tell(message, error);
      return { message };
    },
  };
}

/**
 * Replaces SvelteKit's own check of forms (see kit.js), which compares whole origins and so must be told the scheme that
 * the proxy speaks: an image that runs in every environment does not know it.
 */
function createHandle(logger: Logger): Handle {
  return async ({ event, resolve }) => {
    const { method, headers } = event.request;
    if (!['GET', 'HEAD', 'OPTIONS'].includes(method) && !isSameHost(headers)) {
      return new Response('This form was posted from another site.', { status: 403 });
    }
    const start = performance.now();
    const locale = chooseLocale(headers.get('accept-language'));
    const isHealth = event.url.pathname === HEALTH;
    const page = () => resolve(event, { transformPageChunk: ({ html }) => html.replace('%lang%', locale) });
    const response = isHealth ? new Response('OK') : await page();
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    const write = isHealth ? logger.debug : logger.info;
    write('request', {
      method,
      route: event.route.id ?? 'unknown',
      status_code: response.status,
      duration: `${(performance.now() - start).toFixed(1)}ms`,
    });
    return response;
  };
}
