import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendAddress, createBackend } from './backend.ts';

const backend = createBackend(() => 'http://backend:3002');

function caller(answer: (token: string | null) => Response, { token, ...headers }: Record<string, string> = {}) {
  const cookies = new Map(token ? [['session', token]] : []);
  const requests: { url: string; client: string | null; token: string | null }[] = [];
  const fetch = async (url: unknown, init?: RequestInit) => {
    const given = new Headers(init?.headers);
    requests.push({ url: String(url), client: given.get('x-forwarded-for'), token: given.get('authorization') });
    return answer(given.get('authorization'));
  };
  return {
    requests,
    fetch: fetch as typeof globalThis.fetch,
    request: { headers: new Headers(headers) },
    getClientAddress: () => '203.0.113.7',
    cookies: { get: (name: string) => cookies.get(name), delete: (name: string) => void cookies.delete(name) },
  };
}

test('a call goes to the backend in the name of the client', async () => {
  const event = caller(() => Response.json({ messages: [] }));
  assert.deepEqual(await backend.read(event, '/api/messages'), { messages: [] });
  assert.deepEqual(event.requests, [{ url: 'http://backend:3002/api/messages', client: '203.0.113.7', token: null }]);
});

test('behind a proxy the client is the one that the proxy saw', async () => {
  const event = caller(() => Response.json({}), { 'x-forwarded-for': '10.6.6.6, 198.51.100.4' });
  await backend.read(event, '/api/messages');
  assert.equal(event.requests[0]?.client, '198.51.100.4');
});

test('a session that has ended is forgotten, and the page is what a guest sees', async () => {
  const event = caller((token) => (token ? Response.json({}, { status: 401 }) : Response.json({ messages: [] })), { token: 'old' });
  assert.deepEqual(await backend.read(event, '/api/messages'), { messages: [] });
  assert.deepEqual(event.requests.map((request) => request.token), ['Bearer old', null]);
  assert.equal(event.cookies.get('session'), undefined);
});

test('the address inside the network comes first', () => {
  assert.equal(backendAddress(3002, { BACKEND_URL: 'http://a', PUBLIC_BACKEND_URL: 'http://b' }), 'http://a');
  assert.equal(backendAddress(3002, { PUBLIC_BACKEND_URL: 'http://b' }), 'http://b');
  assert.equal(backendAddress(3002, {}), 'http://localhost:3002');
});
