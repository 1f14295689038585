// Shuffles a deck by the day: everybody learns in an order that no card's place gives away.
import { createHash } from 'node:crypto';
import type { Card } from '@manadeck/contract';

/** Every card comes once in as many turns as there are cards. */
export function draw(cards: Card[], { turn, day }: { turn: number; day: string }): Card {
  const order = cards.map((card) => ({ card, rank: createHash('sha256').update(`${day}:${card.front}:${card.back}`).digest('hex') }));
  order.sort((one, other) => (one.rank < other.rank ? -1 : 1));
  return order[Math.abs(turn) % order.length]!.card;
}
