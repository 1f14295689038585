import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@chat/contract';
import { MessagesController } from './messages.controller.ts';

function inMemory() {
  const stored: Message[] = [];
  const controller = new MessagesController({
    newest: async () => stored,
    async add(message) {
      const entry = { ...message, id: String(stored.length), createdAt: new Date(0).toISOString() };
      stored.unshift(entry);
      return entry;
    },
  });
  return { controller, stored };
}

test('a user posts under their address, whatever name they give', async () => {
  const { controller } = inMemory();
  const message = await controller.post({ body: 'hi', author: 'Someone else' }, { id: 'u1', email: 'ada@example.com' });
  assert.equal(message.author, 'ada@example.com');
});

test('a guest posts under the name they give, or as Guest', async () => {
  const { controller } = inMemory();
  assert.equal((await controller.post({ body: 'hi', author: 'Ada' })).author, 'Ada');
  assert.equal((await controller.post({ body: 'hi' })).author, 'Guest');
});

test('a message with mistakes is refused and not stored', async () => {
  const { controller, stored } = inMemory();
  await assert.rejects(controller.post({ body: '' }), { code: 'invalid', details: ['body is empty'] });
  assert.equal(stored.length, 0);
});
