import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kilocaloriesOf } from './energy.ts';

test('a gram of fat has more than twice the energy of the others', () => {
  assert.equal(kilocaloriesOf({ protein: 10, carbohydrates: 0, fat: 0 }), 40);
  assert.equal(kilocaloriesOf({ protein: 18, carbohydrates: 40, fat: 5.5 }), 282);
});
