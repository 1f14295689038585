// A message on its way in, and who wrote it.
import { parseNewMessage, type NewMessage } from '@chat/contract';
import { AppError } from '@manacore/shared-errors';
import type { User } from '@manacore/shared-types';

export type Post = Required<NewMessage>;

/** A signed-in user writes under their address, whatever name they give. Throws an AppError `invalid` that tells all mistakes. */
export function parsePost(input: unknown, user: User | undefined): Post {
  const { value, mistakes } = parseNewMessage(input);
  if (mistakes) throw new AppError('invalid', 'This message cannot be posted.', { details: mistakes });
  return { body: value.body, author: user?.email ?? value.author ?? 'Guest' };
}
