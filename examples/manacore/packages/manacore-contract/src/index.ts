// What the manacore backend and its clients say to each other, and how it is checked on both sides.
import { optional, shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const TEXT_LIMIT = 500;
export const PRODUCT_LIMIT = 40;

export const parseNewNotice = shape({ text: words(TEXT_LIMIT), product: optional(words(PRODUCT_LIMIT)) });

export interface Notice extends Stored {
  text: string;
  /** The product that it is about; all of them when it names none. */
  product: string;
}

/** Newest first. */
export interface NoticeList {
  notices: Notice[];
}
