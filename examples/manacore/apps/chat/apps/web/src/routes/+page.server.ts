// Shows what the backend holds, and adds to it.
import { parseNewMessage, type MessageList } from '@chat/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<MessageList>({ port: 3002, path: '/api/messages', parse: parseNewMessage });

export const load = page.load;
export const actions = page.actions;
