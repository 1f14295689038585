import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toEntry } from './feed.ts';

test('a message becomes an entry with a real time', () => {
  const entry = toEntry({ id: '1', author: 'Ada', body: 'hi', createdAt: '2025-11-27T12:00:00.000Z' });
  assert.deepEqual(entry, { id: '1', title: 'Ada', text: 'hi', time: new Date('2025-11-27T12:00:00Z') });
});
