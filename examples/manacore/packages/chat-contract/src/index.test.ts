import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MESSAGE_LIMIT, parseCompletionRequest, parseNewMessage } from './index.ts';

test('a message is trimmed, and an empty author is none', () => {
  assert.deepEqual(parseNewMessage({ body: ' hi ', author: ' ' }), { value: { body: 'hi' } });
  assert.deepEqual(parseNewMessage({ body: 'hi', author: 'Ada' }), { value: { body: 'hi', author: 'Ada' } });
});

test('all mistakes of a message are told', () => {
  assert.deepEqual(parseNewMessage({ body: 'x'.repeat(MESSAGE_LIMIT + 1), author: 3 }), {
    mistakes: ['body is longer than 2000 characters', 'author is not a text'],
  });
  assert.deepEqual(parseNewMessage({ body: '  ' }), { mistakes: ['body is empty'] });
  assert.deepEqual(parseNewMessage(null), { mistakes: ['body is not a text'] });
});

test('a completion needs a model and well-formed turns', () => {
  const request = { model: 'echo', messages: [{ role: 'user', content: 'Hello' }] };
  assert.deepEqual(parseCompletionRequest(request), { value: request });
  assert.deepEqual(parseCompletionRequest({ messages: [] }), {
    mistakes: ['model is not a text', 'messages is not a list with at least one entry'],
  });
  assert.equal(parseCompletionRequest({ model: 'echo', messages: [{ role: 'robot', content: '' }] }).mistakes?.length, 1);
});
