import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLocale, timeAgo } from './index.ts';

test('the language that is wanted most and spoken here is chosen', () => {
  assert.equal(chooseLocale('de-CH,de;q=0.9,en;q=0.8'), 'de');
  assert.equal(chooseLocale('fr,en;q=0.3,de;q=0.5'), 'de');
  assert.equal(chooseLocale('fr'), 'en');
  assert.equal(chooseLocale('de;q=0'), 'en');
  assert.equal(chooseLocale(undefined), 'en');
});

const noon = new Date('2025-11-27T12:00:00Z');

test('the largest unit that fits is used', () => {
  assert.equal(timeAgo(new Date('2025-11-27T11:59:00Z'), noon), '1 minute ago');
  assert.equal(timeAgo(new Date('2025-11-27T09:30:00Z'), noon), '2 hours ago');
  assert.equal(timeAgo(new Date('2025-11-20T12:00:00Z'), noon, 'de'), 'vor 7 Tagen');
});

test('a clock that runs ahead does not show the future', () => {
  assert.equal(timeAgo(new Date('2025-11-27T12:00:05Z'), noon), 'now');
  assert.equal(timeAgo(new Date('2025-11-27T11:59:30Z'), noon, 'de'), 'jetzt');
});
