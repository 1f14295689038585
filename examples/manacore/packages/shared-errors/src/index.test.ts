import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, AppError, codeOf, errorBody } from './index.ts';

test('an error knows its status', () => {
  assert.equal(new AppError('conflict', 'This address is taken.').status, 409);
});

test('a status without a code of its own is told by its class', () => {
  assert.equal(codeOf(404), 'not-found');
  assert.equal(codeOf(418), 'invalid');
  assert.equal(codeOf(502), 'internal');
});

test('a body without details has no empty list', () => {
  assert.deepEqual(errorBody('invalid', 'No.'), { error: { code: 'invalid', message: 'No.' } });
});

test('what has mistakes is not accepted, and all are told', () => {
  assert.equal(accepted({ value: 3 }), 3);
  assert.throws(() => accepted({ mistakes: ['name is empty'] }), { code: 'invalid', details: ['name is empty'] });
});
