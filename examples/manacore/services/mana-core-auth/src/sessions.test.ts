import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionVerifier } from './sessions.ts';

const claims = { id: 'u1', email: 'ada@example.com', sessionId: 's1' };

test('a token is good while its session lasts', async () => {
  const open = new Set(['s1']);
  const verify = sessionVerifier(async () => claims, { has: async (sessionId) => open.has(sessionId) });
  assert.deepEqual(await verify('token'), claims);
  open.delete('s1');
  await assert.rejects(verify('token'), { code: 'unauthorized', message: 'The session has ended.' });
});
