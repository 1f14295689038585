import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list, number, optional, shape, words } from './index.ts';

const parse = shape({ name: words(5), size: number({ least: 1, most: 9 }), note: optional(words(5)) });

test('a record is trimmed, numbers may come as text, and what is missing stays out', () => {
  assert.deepEqual(parse({ name: ' tea ', size: '3', note: ' ', more: 1 }), { value: { name: 'tea', size: 3 } });
  assert.deepEqual(parse({ name: 'tea', size: 3, note: 'hot' }), { value: { name: 'tea', size: 3, note: 'hot' } });
});

test('all mistakes are told, each with its field', () => {
  assert.deepEqual(parse({ name: 'too long', size: 10, note: 3 }), {
    mistakes: ['name is longer than 5 characters', 'size is not between 1 and 9', 'note is not a text'],
  });
  assert.deepEqual(parse({ name: '  ', size: '' }), { mistakes: ['name is empty', 'size is not a number'] });
  assert.deepEqual(parse(null), { mistakes: ['name is not a text', 'size is not a number'] });
});

test('a list tells its first wrong entry', () => {
  const entries = shape({ words: list(words(3), 2) });
  assert.deepEqual(entries({ words: ['a', 'b'] }), { value: { words: ['a', 'b'] } });
  assert.deepEqual(entries({ words: [] }), { mistakes: ['words is not a list with at least one entry'] });
  assert.deepEqual(entries({ words: ['a', 4] }), { mistakes: ['words has an entry 2 that is not a text'] });
  assert.deepEqual(entries({ words: ['a', 'b', 'c'] }), { mistakes: ['words has more than 2 entries'] });
});
