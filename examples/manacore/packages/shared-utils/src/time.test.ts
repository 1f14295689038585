import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeAgo } from './time.ts';

const noon = new Date('2025-11-27T12:00:00Z');

test('the largest unit that fits is used', () => {
  assert.equal(timeAgo(new Date('2025-11-27T11:59:00Z'), noon), '1 minute ago');
  assert.equal(timeAgo(new Date('2025-11-27T09:30:00Z'), noon), '2 hours ago');
  assert.equal(timeAgo(new Date('2025-11-20T12:00:00Z'), noon), '7 days ago');
});

test('a clock that runs ahead does not show the future', () => {
  assert.equal(timeAgo(new Date('2025-11-27T12:00:05Z'), noon), 'just now');
});
