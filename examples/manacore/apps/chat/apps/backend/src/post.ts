// Who wrote a message.
import type { NewMessage } from '@chat/contract';
import type { User } from '@manacore/shared-types';

/** A signed-in user writes under their address, whatever name they give. */
export function toPost({ body, author }: NewMessage, user: User | undefined): { body: string; author: string } {
  return { body, author: user?.email ?? author ?? 'Guest' };
}
