import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unapplied } from './migrations.ts';

const journal = [
  { tag: '0000_first', when: 100 },
  { tag: '0001_second', when: 200 },
];

test('an empty database gets every migration', () => {
  assert.deepEqual(unapplied(journal, undefined), ['0000_first', '0001_second']);
});

test('only what is newer than the newest applied one is left', () => {
  assert.deepEqual(unapplied(journal, 100), ['0001_second']);
  assert.deepEqual(unapplied(journal, 200), []);
});
