import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOrder } from './index.ts';

test('a tale needs a hero and a wish', () => {
  assert.deepEqual(parseOrder({ hero: 'Mia', wish: 'to fly' }), { value: { hero: 'Mia', wish: 'to fly' } });
  assert.deepEqual(parseOrder({ hero: 'Mia' }), { mistakes: ['wish is not a text'] });
});
