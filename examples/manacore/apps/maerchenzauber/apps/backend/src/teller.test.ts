import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tell } from './teller.ts';

test('a tale is about its hero and their wish, and the same each time', () => {
  const tale = tell({ hero: 'Mia', wish: 'to fly' });
  assert.match(tale, /there lived Mia, who wished for nothing so much as to fly\./);
  assert.equal(tell({ hero: 'Mia', wish: 'to fly' }), tale);
});

test('another order is another tale', () => {
  const tales = ['to fly', 'to sing', 'to swim', 'to sleep'].map((wish) => tell({ hero: 'Mia', wish }).replaceAll(wish, ''));
  assert.ok(new Set(tales).size > 1);
});
