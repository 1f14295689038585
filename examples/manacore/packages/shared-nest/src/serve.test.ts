import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AppError } from '@manacore/shared-errors';
import { createLogger } from '@manacore/shared-logger';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentUser, SignedIn } from './identity.ts';
import { observeDatabase } from './metrics.ts';
import { createApp } from './serve.ts';
import type { ServiceSettings } from './settings.ts';

@Controller('api/things')
class ThingsController {
  @Get()
  things(@CurrentUser() user?: { email: string }) {
    return { for: user?.email ?? 'nobody' };
  }

  @Get('mine')
  @UseGuards(SignedIn)
  mine() {
    return [];
  }

  @Get('broken')
  broken() {
    throw new Error('failed: insert hunter2', { cause: new Error('connection refused') });
  }
}

const settings: ServiceSettings = {
  port: 0,
  environment: 'test',
  logLevel: 'error',
  corsOrigins: ['https://*.manacore.app'],
  throttleLimit: 20,
  throttleSeconds: 60,
  trustedProxies: 1,
  sentryDsn: undefined,
};
const up = { database: true, redis: true };
const resource = (name: keyof typeof up, isNeeded: boolean) => ({
  name,
  isNeeded,
  ping: async () => {
    if (!up[name]) throw new Error('refused');
  },
  close: async () => {},
});
const pool = {
  connections: () => ({ idle: 1, active: 2, waiting: 0, most: 5 }),
  onQuery: (listener: (seconds: number) => void) => listener(0.3),
};
const reported: unknown[] = [];
const lines: string[] = [];
const logger = createLogger({ service: 'things', level: 'error', write: (line) => lines.push(line) });

const app = await createApp('things', {
  settings,
  logger,
  report: async (error) => void reported.push(error),
  service: {
    controllers: [ThingsController],
    providers: [],
    observe: (registry) => observeDatabase(registry, pool),
    resources: [resource('database', true), resource('redis', false)],
    verifier: async (token) => {
      if (token !== 'good') throw new AppError('unauthorized', 'The access token is not valid.');
      return { id: 'u1', email: 'ada@example.com' };
    },
  },
});
await app.listen(0, '127.0.0.1');
after(() => app.close());
const url = await app.getUrl();

/** Every test asks from an address of its own, so that one test's requests do not count for the next. */
function ask(path: string, { from = '10.0.0.1', ...headers }: Record<string, string> = {}) {
  return fetch(url + path, { headers: { 'x-forwarded-for': from, ...headers } });
}

test('health is good while what is needed answers, and says what does not', async () => {
  const good = await ask('/api/health');
  assert.equal(good.status, 200);
  assert.deepEqual(await good.json(), { status: 'ok', service: 'things', checks: { database: 'up', redis: 'up' } });
  up.database = false;
  const bad = await ask('/api/health');
  up.database = true;
  assert.equal(bad.status, 503);
  assert.deepEqual(await bad.json(), { status: 'failing', service: 'things', checks: { database: 'down', redis: 'up' } });
});

test('a process lives whatever it waits for: nobody starts it anew for a database that is gone', async () => {
  up.database = false;
  const [ready, live] = await Promise.all([ask('/api/health'), ask('/api/health/live')]);
  up.database = true;
  assert.deepEqual([ready.status, live.status], [503, 200]);
  assert.deepEqual(await live.json(), { status: 'ok', service: 'things' });
});

test('a cache that is away is told, and nobody is turned away for it', async () => {
  up.redis = false;
  const response = await ask('/api/health');
  up.redis = true;
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: 'ok', service: 'things', checks: { database: 'up', redis: 'down' } });
});

test('a token names the user, a bad one is refused, none is nobody', async () => {
  assert.deepEqual(await (await ask('/api/things')).json(), { for: 'nobody' });
  assert.deepEqual(await (await ask('/api/things', { authorization: 'Bearer good' })).json(), { for: 'ada@example.com' });
  assert.equal((await ask('/api/things', { authorization: 'Bearer bad' })).status, 401);
  assert.equal((await ask('/api/things/mine')).status, 401);
});

test('an unexpected error tells the client nothing, and the log its cause without the values around it', async () => {
  const response = await ask('/api/things/broken');
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: { code: 'internal', message: 'Something went wrong.' } });
  assert.match(lines.join(''), /connection refused/);
  assert.doesNotMatch(lines.join(''), /hunter2/);
  assert.deepEqual(reported.map(String), ['Error: connection refused']);
});

test('an unknown route is not found, in the same shape', async () => {
  const response = await ask('/api/nothing');
  assert.equal(response.status, 404);
  assert.match(await response.text(), /"code":"not-found"/);
});

test('a listed origin may call, another may not', async () => {
  const allowed = await ask('/api/things', { origin: 'https://app-chat.manacore.app' });
  const refused = await ask('/api/things', { origin: 'https://manacore.app.evil.example' });
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app-chat.manacore.app');
  assert.equal(refused.headers.get('access-control-allow-origin'), null);
});

test('security headers are set', async () => {
  const { headers } = await ask('/api/things');
  assert.match(headers.get('content-security-policy')!, /script-src 'self' 'unsafe-inline'/);
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains');
  assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN');
  assert.equal(headers.get('permissions-policy'), 'geolocation=(), microphone=(), camera=()');
});

test('one address is throttled, another is not, and health never is', async () => {
  const statuses = new Set<number>();
  for (let count = 0; count <= settings.throttleLimit; count += 1) statuses.add((await ask('/api/things', { from: '10.0.0.2' })).status);
  assert.deepEqual([...statuses], [200, 429]);
  assert.equal((await ask('/api/things', { from: '10.0.0.3' })).status, 200);
  assert.equal((await ask('/api/health', { from: '10.0.0.2' })).status, 200);
});

/** As Prometheus asks, past the proxy. */
async function scrape(): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

test('whoever comes through the proxy finds no metrics', async () => {
  const response = await ask('/metrics');
  assert.equal(response.status, 404);
  assert.match(await response.text(), /"code":"not-found"/);
});

test('requests are counted by the pattern of their route', async () => {
  const text = await scrape();
  assert.match(text, /http_requests_total\{method="GET",route="\/api\/things\/broken",status_code="500",service="things"\} 1/);
  assert.match(text, /http_request_duration_seconds_bucket/);
  assert.match(text, /process_cpu_seconds_total/);
});

test('the database’s pool and the time of its queries are told', async () => {
  const text = await scrape();
  assert.match(text, /db_pool_connections\{state="active",service="things"\} 2/);
  assert.match(text, /db_query_duration_seconds_bucket\{le="0.2",service="things"\} 0/);
  assert.match(text, /db_query_duration_seconds_bucket\{le="0.5",service="things"\} 1/);
});
