// Shows what the backend holds, and posts to it.
import { parseNewMessage, type Message, type MessageList } from '@chat/contract';
import { BackendError } from '@manacore/shared-web';
import { error, fail } from '@sveltejs/kit';
import { backend } from '$lib/server/backend';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  try {
    return await backend.read<MessageList>(event, '/api/messages');
  } catch (cause) {
    if (cause instanceof BackendError) error(cause.status, cause.message);
    throw cause;
  }
};

export const actions: Actions = {
  default: async (event) => {
    const form = Object.fromEntries(await event.request.formData());
    const { value, mistakes } = parseNewMessage(form);
    if (mistakes) return fail(400, { form, mistakes });
    try {
      await backend.send<Message>(event, '/api/messages', value);
    } catch (cause) {
      if (!(cause instanceof BackendError)) throw cause;
      return fail(cause.status, { form, mistakes: [cause.message, ...cause.details] });
    }
  },
};
