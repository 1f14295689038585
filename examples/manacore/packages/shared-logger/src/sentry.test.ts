import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReport, parseDsn } from './index.ts';
import { receiving } from './receiver.ts';

test('an error is told to the project that the DSN names', async (t) => {
  const { received, dsn } = await receiving(t);

  await createReport(dsn, { service: 'chat-backend', environment: 'staging' })(new Error('broken'));

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
