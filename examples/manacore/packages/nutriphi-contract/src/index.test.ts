import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNewMeal } from './index.ts';

test('a meal has a name and its grams, also as a form sends them', () => {
  const meal = { name: 'Lentil soup', protein: '18', carbohydrates: '40', fat: '5.5' };
  assert.deepEqual(parseNewMeal(meal), { value: { name: 'Lentil soup', protein: 18, carbohydrates: 40, fat: 5.5 } });
  assert.deepEqual(parseNewMeal({ ...meal, fat: -1 }), { mistakes: ['fat is not between 0 and 1000'] });
});
