// What the maerchenzauber backend and its clients say to each other, and how it is checked on both sides.
import { shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const HERO_LIMIT = 80;
export const WISH_LIMIT = 300;

export const parseOrder = shape({ hero: words(HERO_LIMIT), wish: words(WISH_LIMIT) });

/** Whom a tale is about and what they wish for. */
export interface Order {
  hero: string;
  wish: string;
}

export interface Tale extends Stored, Order {
  text: string;
}

/** Newest first. */
export interface TaleList {
  tales: Tale[];
}
