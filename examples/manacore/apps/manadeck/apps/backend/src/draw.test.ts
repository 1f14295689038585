import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from './draw.ts';

const cards = ['a', 'b', 'c', 'd'].map((front) => ({ front, back: front.toUpperCase() }));
const fronts = (day: string) => cards.map((_, turn) => draw(cards, { turn, day }).front).join('');

test('every card comes once, then the deck begins again', () => {
  assert.equal([...fronts('2025-11-27')].sort().join(''), 'abcd');
  assert.deepEqual(draw(cards, { turn: 4, day: '2025-11-27' }), draw(cards, { turn: 0, day: '2025-11-27' }));
});

test('another day has another order', () => {
  assert.ok(new Set(['2025-11-27', '2025-11-28', '2025-11-29', '2025-11-30'].map(fronts)).size > 1);
});
