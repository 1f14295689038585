import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, excerpt } from './text.ts';

test('a short text stays as it is', () => {
  assert.equal(excerpt('hello', 5), 'hello');
});

test('a long text ends with an ellipsis, and no character is cut in half', () => {
  assert.equal(excerpt('hello world', 7), 'hello…');
  assert.equal(excerpt('👋👋👋', 2), '👋…');
});

test('one is singular', () => {
  assert.equal(counted(1, 'message'), '1 message');
  assert.equal(counted(0, 'message'), '0 messages');
});
