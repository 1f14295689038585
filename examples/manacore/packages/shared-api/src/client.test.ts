import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from './index.ts';

function client(answer: () => Response) {
  return createClient('http://backend:3002', { fetch: (async () => answer()) as typeof fetch });
}

test('a good answer is its body', async () => {
  assert.deepEqual(await client(() => Response.json({ memos: [] })).read('/api/memos'), { memos: [] });
});

test('a refusal carries the words of the API', async () => {
  const refusing = client(() => Response.json({ error: { code: 'invalid', message: 'No.', details: ['body is empty'] } }, { status: 400 }));
  await assert.rejects(refusing.send('/api/memos', {}), { status: 400, message: 'No.', details: ['body is empty'] });
});

test('an API that cannot be reached is unavailable', async () => {
  const silent = client(() => {
    throw new TypeError('fetch failed');
  });
  await assert.rejects(silent.read('/api/memos'), { status: 503 });
});
