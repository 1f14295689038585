// A backend that asks mana-core-auth about tokens: the throttling of both, with their usual limits.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { remoteVerifier, type TokenVerifier } from '@manacore/shared-auth';
import { createLogger } from '@manacore/shared-logger';
import { Controller, Get, Ip, type Type } from '@nestjs/common';
import { createApp } from './serve.ts';
import type { ServiceSettings } from './settings.ts';

const settings: ServiceSettings = {
  port: 0,
  environment: 'test',
  logLevel: 'error',
  corsOrigins: [],
  throttleLimit: 100,
  throttleSeconds: 60,
  trustedProxies: 1,
  sentryDsn: undefined,
};

/** For whom mana-core-auth was asked. */
const clients: string[] = [];

@Controller('api/me')
class AccountsController {
  @Get()
  me(@Ip() client: string) {
    clients.push(client);
    return { user: { id: 'u1', email: 'ada@example.com' } };
  }
}

@Controller('api/things')
class ThingsController {
  @Get()
  things() {
    return [];
  }
}

async function start(controller: Type, { verifier, ...own }: Partial<ServiceSettings> & { verifier?: TokenVerifier } = {}) {
  const app = await createApp('test', {
    settings: { ...settings, ...own },
    logger: createLogger({ service: 'test', level: 'error' }),
    report: async () => {},
    service: { controllers: [controller], providers: [], resources: [], verifier },
  });
  await app.listen(0, '127.0.0.1');
  after(() => app.close());
  return app.getUrl();
}

const accounts = await start(AccountsController, { verifier: async () => ({ id: 'u1', email: 'ada@example.com' }) });
const verifier = remoteVerifier(accounts);

/** The status of a signed-in user's request that came through these proxies. */
async function ask(backend: string, forwarded: string): Promise<number> {
  const response = await fetch(`${backend}/api/things`, { headers: { authorization: 'Bearer t', 'x-forwarded-for': forwarded } });
  return response.status;
}

test('101 users of a backend are 101 clients of mana-core-auth', async () => {
  const backend = await start(ThingsController, { verifier });
  const users = Array.from({ length: settings.throttleLimit + 1 }, (_, index) => `198.51.100.${index}`);
  const statuses = await Promise.all(users.map((user) => ask(backend, user)));
  assert.deepEqual([...new Set(statuses)], [200]);
  assert.deepEqual(clients.splice(0).sort(), users.sort());
});

test('what a client says of itself is passed on to nobody', async () => {
  await ask(await start(ThingsController, { verifier }), '192.0.2.66, 203.0.113.7');
  await ask(await start(ThingsController, { verifier, trustedProxies: 0 }), '192.0.2.66');
  assert.deepEqual(clients.splice(0), ['203.0.113.7', '127.0.0.1']);
});
