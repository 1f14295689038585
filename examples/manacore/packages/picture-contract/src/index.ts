// What the picture backend and its clients say to each other, and how it is checked on both sides.
import { shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const PROMPT_LIMIT = 300;

export const parseJob = shape({ prompt: words(PROMPT_LIMIT) });

/** A picture that was asked for; it is drawn when its file is. */
export interface Image extends Stored {
  prompt: string;
}

/** Newest first. */
export interface ImageList {
  images: Image[];
}

/** Where the picture itself is, below the address of the API. */
export function fileOf({ id }: Image): string {
  return `/api/images/${id}/file`;
}
