// What the memoro backend and its clients say to each other, and how it is checked on both sides.
import { shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const TEXT_LIMIT = 5000;

export const parseNewMemo = shape({ text: words(TEXT_LIMIT) });

export interface Memo extends Stored {
  text: string;
  /** What it seems to be about. */
  title: string;
  keywords: string[];
}

/** Newest first. */
export interface MemoList {
  memos: Memo[];
}
