import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keywordsOf, titleOf } from './digest.ts';

test('the first sentence is the title, cut where it is long', () => {
  assert.equal(titleOf('Call the dentist. She is in until five.'), 'Call the dentist.');
  assert.equal(titleOf('no sentence\nmore'), 'no sentence');
  assert.equal([...titleOf('word '.repeat(40))].length <= 60, true);
});

test('the keywords are the long words that come most often', () => {
  assert.deepEqual(keywordsOf('The garden: water the garden, and the tomatoes. Größe der Tomatoes?'), ['garden', 'tomatoes', 'water', 'größe']);
});
