import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePost } from './post.ts';

const ada = { id: 'u1', email: 'ada@example.com' };

test('a user posts under their address, whatever name they give', () => {
  assert.deepEqual(parsePost({ body: 'hi', author: 'Someone else' }, ada), { body: 'hi', author: 'ada@example.com' });
});

test('a guest posts under the name they give, or as Guest', () => {
  assert.equal(parsePost({ body: 'hi', author: 'Ada' }, undefined).author, 'Ada');
  assert.equal(parsePost({ body: 'hi' }, undefined).author, 'Guest');
});

test('a message with mistakes is refused, and all are told', () => {
  assert.throws(() => parsePost({ body: '' }, ada), { code: 'invalid', details: ['body is empty'] });
});
