// Chat messages as entries of a feed.
import type { Message } from '@chat/contract';
import type { FeedEntry } from '@manacore/shared-ui';

export function toEntry({ id, author, body, createdAt }: Message): FeedEntry {
  return { id, title: author, text: body, time: new Date(createdAt) };
}
