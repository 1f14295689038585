// The chat app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseNewMessage, type MessageList } from '@chat/contract';

openApp<MessageList>({
  brand,
  port: 3002,
  path: '/api/messages',
  fields: [
    { name: 'author', label: 'Your name' },
    { name: 'body', label: 'Your message', lines: 3 },
  ],
  parse: parseNewMessage,
  entries: ({ messages }) => messages.map(({ id, author, body }) => ({ id, title: author, text: body })),
});
