import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNewDeck } from './index.ts';

const cards = [
  { front: 'dog', back: 'Hund' },
  { front: '1 + 1', back: '2 = zwei' },
];

test('cards come as they are, or as the lines of a form', () => {
  assert.deepEqual(parseNewDeck({ title: 'German', cards }), { value: { title: 'German', cards } });
  assert.deepEqual(parseNewDeck({ title: 'German', cards: 'dog = Hund\n\n1 + 1 = 2 = zwei\n' }), { value: { title: 'German', cards } });
});

test('a card without a back is told', () => {
  assert.deepEqual(parseNewDeck({ title: 'German', cards: 'dog = Hund\ncat' }), { mistakes: ['cards has an entry 2 that is no card with front and back'] });
  assert.deepEqual(parseNewDeck({ title: 'German', cards: '' }), { mistakes: ['cards is not a list with at least one entry'] });
});
