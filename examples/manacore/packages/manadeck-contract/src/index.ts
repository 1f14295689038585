// What the manadeck backend and its clients say to each other, and how it is checked on both sides.
import { shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';
import { cards } from './cards.ts';

export { brand } from './brand.ts';

export const TITLE_LIMIT = 120;

export const parseNewDeck = shape({ title: words(TITLE_LIMIT), cards });

export interface Card {
  front: string;
  back: string;
}

export interface Deck extends Stored {
  title: string;
  cards: Card[];
}

/** Newest first. */
export interface DeckList {
  decks: Deck[];
}
