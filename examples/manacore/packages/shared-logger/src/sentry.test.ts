import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createReport, parseDsn } from './index.ts';

test('an error is told to the project that the DSN names', async (t) => {
  const received: { path: string; auth: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    received.push({ path: request.url!, auth: String(request.headers['x-sentry-auth']), body: Buffer.concat(chunks).toString() });
    response.end('{}');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;

  await createReport(`http://key@127.0.0.1:${port}/42`, { service: 'chat-backend', environment: 'staging' })(new Error('broken'));

  assert.equal(received[0]?.path, '/api/42/envelope/');
  assert.match(received[0]!.auth, /sentry_key=key/);
  const [header, item, event] = received[0]!.body.split('\n').map((line) => JSON.parse(line));
  assert.equal(item.type, 'event');
  assert.equal(header.event_id, event.event_id);
  assert.deepEqual([event.environment, event.tags.service, event.exception.values[0].value], ['staging', 'chat-backend', 'broken']);
  assert.ok(event.exception.values[0].stacktrace.frames.length > 0);
});

test('nobody is told without a DSN, and a Sentry that is away fails nothing', async () => {
  await createReport(undefined, { service: 'x' })(new Error('broken'));
  await createReport('http://key@127.0.0.1:1/42', { service: 'x' })('broken');
});

test('what is no DSN is told without showing it', () => {
  assert.throws(() => parseDsn('hunter2'), { message: /^SENTRY_DSN is no address/ });
  assert.equal(parseDsn('https://k@sentry.example/prefix/7').url.href, 'https://sentry.example/prefix/api/7/envelope/');
});
