import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { RequestEvent } from '@sveltejs/kit';
import { webHooks } from './hooks.ts';

const { handle } = webHooks('test-web');

/** What the app answers where its page says this. */
async function ask(path: string, page: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(new URL(path, 'http://app-chat.localhost'), { ...init, headers: { host: 'app-chat.localhost', ...init.headers } });
  const event = { request, url: new URL(request.url), route: { id: '/' } } as RequestEvent;
  return handle({ event, resolve: async () => new Response(page) });
}

test('every page bears the security headers', async () => {
  const { headers } = await ask('/', 'Hello');
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN');
});

test('health is answered without a page, and other paths by their pages', async () => {
  assert.equal(await (await ask('/api/health', 'Hello')).text(), 'OK');
  assert.equal(await (await ask('/api/healthy', 'Hello')).text(), 'Hello');
});

test('a form of another site is refused', async () => {
  const response = await ask('/', 'Hello', { method: 'POST', headers: { origin: 'https://evil.example' } });
  assert.equal(response.status, 403);
});

test('an error that nobody catches ends the app after a line of JSON', async () => {
  // A process of its own, for the runner of tests would catch it.
  const script = `
    import { webHooks } from './src/hooks.ts';
    webHooks('test-web');
    setTimeout(() => {}, 60_000);
    Promise.reject(new Error('nobody waits for this'));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', '--input-type=module', '--eval', script]);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const { level, service, trace } = JSON.parse(out);
  assert.deepEqual([level, service, code, err], ['error', 'test-web', 1, '']);
  assert.match(trace, /^Error: nobody waits for this\n/);
});
