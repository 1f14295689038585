// What the news backend and its clients say to each other, and how it is checked on both sides.
import { address, shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const TITLE_LIMIT = 200;
export const TEXT_LIMIT = 20_000;
const ADDRESS_LIMIT = 2000;

export const parseNewArticle = shape({ title: words(TITLE_LIMIT), address: address(ADDRESS_LIMIT), text: words(TEXT_LIMIT) });

export interface Article extends Stored {
  title: string;
  address: string;
  /** How it begins. */
  beginning: string;
  /** How long it takes to read. */
  minutes: number;
}

/** Newest first. */
export interface ArticleList {
  articles: Article[];
}
