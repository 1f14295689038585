import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackend } from './backend.ts';

const backend = createBackend(() => 'http://backend:3002');

function caller(answer: () => Response, headers: Record<string, string> = {}) {
  const requests: { url: string; client: string | null }[] = [];
  const fetch = async (url: unknown, init?: RequestInit) => {
    requests.push({ url: String(url), client: new Headers(init?.headers).get('x-forwarded-for') });
    return answer();
  };
  return {
    requests,
    fetch: fetch as typeof globalThis.fetch,
    request: { headers: new Headers(headers) },
    getClientAddress: () => '203.0.113.7',
  };
}

test('a call goes to the backend in the name of the client', async () => {
  const event = caller(() => Response.json({ messages: [] }));
  assert.deepEqual(await backend.read(event, '/api/messages'), { messages: [] });
  assert.deepEqual(event.requests, [{ url: 'http://backend:3002/api/messages', client: '203.0.113.7' }]);
});

test('behind a proxy the client is the one that the proxy saw', async () => {
  const event = caller(() => Response.json({}), { 'x-forwarded-for': '10.6.6.6, 198.51.100.4' });
  await backend.read(event, '/api/messages');
  assert.equal(event.requests[0]?.client, '198.51.100.4');
});

test('a refusal carries the backend’s words', async () => {
  const event = caller(() => Response.json({ error: { code: 'invalid', message: 'No.', details: ['body is empty'] } }, { status: 400 }));
  await assert.rejects(backend.send(event, '/api/messages', {}), { status: 400, message: 'No.', details: ['body is empty'] });
});

test('a backend that cannot be reached is unavailable', async () => {
  const event = caller(() => {
    throw new TypeError('fetch failed');
  });
  await assert.rejects(backend.read(event, '/api/messages'), { status: 503 });
});
