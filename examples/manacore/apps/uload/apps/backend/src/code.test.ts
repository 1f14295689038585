import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode, newCode } from './code.ts';

test('a code is short, and another one each time', () => {
  const codes = Array.from({ length: 100 }, newCode);
  assert.ok(codes.every(isCode));
  assert.equal(new Set(codes).size, 100);
});

test('what can be no code is told from one that may be', () => {
  assert.ok(!isCode('favicon.ico'));
  assert.ok(!isCode('abc'));
});
