import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPost } from './post.ts';

const ada = { id: 'u1', email: 'ada@example.com' };

test('a user posts under their address, whatever name they give', () => {
  assert.deepEqual(toPost({ body: 'hi', author: 'Someone else' }, ada), { body: 'hi', author: 'ada@example.com' });
});

test('a guest posts under the name they give, or as Guest', () => {
  assert.equal(toPost({ body: 'hi', author: 'Ada' }, undefined).author, 'Ada');
  assert.equal(toPost({ body: 'hi' }, undefined).author, 'Guest');
});
