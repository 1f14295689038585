import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES, LOG_LEVELS } from './index.ts';

test('log levels go from quiet to loud', () => {
  assert.deepEqual([...LOG_LEVELS], ['debug', 'info', 'warn', 'error']);
});

test('error codes are unique', () => {
  assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
});
