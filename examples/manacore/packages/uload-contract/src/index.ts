// What the uload backend and its clients say to each other, and how it is checked on both sides.
import { address, shape } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const ADDRESS_LIMIT = 2000;

export const parseNewLink = shape({ address: address(ADDRESS_LIMIT) });

export interface Link extends Stored {
  address: string;
  /** Its path below the address of the API: whoever asks for it is sent on. */
  code: string;
}

/** Newest first. */
export interface LinkList {
  links: Link[];
}
