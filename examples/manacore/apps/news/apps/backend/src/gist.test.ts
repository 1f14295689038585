import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gistOf } from './gist.ts';

test('an article takes a minute at least, and its beginning is kept', () => {
  assert.deepEqual(gistOf('Short.'), { beginning: 'Short.', minutes: 1 });
  const { beginning, minutes } = gistOf('word '.repeat(500));
  assert.deepEqual([[...beginning].length <= 280, minutes], [true, 3]);
});
