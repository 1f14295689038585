// The cards of a deck: a list of them, or a form's text with one a line.
import { list, type Rule } from '@manacore/shared-api';
import type { Card } from './index.ts';

const MOST = 500;
const LONGEST = 500;

function isSide(text: unknown): text is string {
  return typeof text === 'string' && text.trim() !== '' && text.length <= LONGEST;
}

const card: Rule<Card> = (input) => {
  const { front, back } = (input ?? {}) as Record<string, unknown>;
  return isSide(front) && isSide(back) ? { value: { front: front.trim(), back: back.trim() } } : { mistake: 'is no card with front and back' };
};

/** "dog = Hund": what stands after the first sign of equality is the back. */
function fromLine(line: string): { front: string; back: string } {
  const [front = '', ...back] = line.split('=');
  return { front, back: back.join('=') };
}

const several = list(card, MOST);

export const cards: Rule<Card[]> = (input) =>
  several(typeof input === 'string' ? input.split('\n').filter((line) => line.trim() !== '').map(fromLine) : input);
