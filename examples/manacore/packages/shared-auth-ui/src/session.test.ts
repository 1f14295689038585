import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn, signOut } from './session.ts';

function visit(answer: Response, { form = {}, token = '', address = 'https://app-chat.manacore.app' } = {}) {
  const cookies = new Map<string, { value: string; secure?: boolean }>(token ? [['session', { value: token }]] : []);
  const asked: string[] = [];
  const clients: (string | null)[] = [];
  return {
    asked,
    clients,
    kept: cookies,
    url: new URL(address),
    fetch: (async (url: unknown, init?: RequestInit) => {
      clients.push(new Headers(init?.headers).get('x-forwarded-for'));
      asked.push(new URL(String(url)).pathname);
      return answer;
    }) as typeof fetch,
    request: { formData: async () => Object.entries(form).reduce((data, [name, value]) => (data.set(name, value as string), data), new FormData()) },
    cookies: {
      get: (name: string) => cookies.get(name)?.value,
      set: (name: string, value: string, { secure }: { secure: boolean }) => void cookies.set(name, { value, secure }),
      delete: (name: string) => void cookies.delete(name),
    },
  };
}

const CLIENT = '203.0.113.7';
const form = { email: 'ada@example.com', password: 'correct horse' };

test('a good password begins a session, over TLS in a cookie that is for TLS only', async () => {
  const good = () => Response.json({ token: 't1', expiresIn: 60, user: {} });
  const secure = visit(good(), { form });
  assert.equal(await signIn(secure, CLIENT), undefined);
  assert.deepEqual(secure.kept.get('session'), { value: 't1', secure: true });
  const plain = visit(good(), { form, address: 'http://app-chat.localhost:8480' });
  await signIn(plain, CLIENT);
  assert.deepEqual(plain.kept.get('session'), { value: 't1', secure: false });
});

test('a wrong password is told, an empty one is not even sent', async () => {
  const wrong = visit(Response.json({ error: { code: 'unauthorized', message: 'Wrong.' } }, { status: 401 }), { form });
  assert.deepEqual(await signIn(wrong, CLIENT), { signInMistakes: ['Wrong.'] });
  const empty = visit(Response.json({}), { form: { ...form, password: '' } });
  assert.deepEqual(await signIn(empty, CLIENT), { signInMistakes: ['password is empty'] });
  assert.deepEqual([wrong.kept.size, empty.asked], [0, []]);
});

test('signing out ends the session here, whatever mana-core-auth says', async () => {
  const leaving = visit(new Response(null, { status: 500 }), { token: 't1' });
  await signOut(leaving, CLIENT);
  assert.deepEqual([leaving.kept.size, leaving.asked], [0, ['/api/auth/logout']]);
});

test('mana-core-auth is told for whom it is asked, as it throttles by client', async () => {
  const visitor = visit(Response.json({ token: 't1', expiresIn: 60, user: {} }), { form });
  await signIn(visitor, CLIENT);
  await signOut(visitor, CLIENT);
  assert.deepEqual([visitor.asked, visitor.clients], [['/api/auth/login', '/api/auth/logout'], [CLIENT, CLIENT]]);
});
