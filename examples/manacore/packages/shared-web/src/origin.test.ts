import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameHost } from './origin.ts';

const from = (origin: string, host: string, forwarded = '') =>
  isSameHost(new Headers({ origin, host, ...(forwarded && { 'x-forwarded-host': forwarded }) }));

test('a form of the same host is accepted, whatever the scheme', () => {
  assert.ok(from('http://app-chat.localhost:8080', 'app-chat.localhost:8080'));
  assert.ok(from('https://app-chat.manacore.app', 'app-chat.manacore.app'));
});

test('a form behind a proxy that renames the host is accepted', () => {
  assert.ok(from('https://app-chat.manacore.app', 'chat-web:3000', 'app-chat.manacore.app'));
});

test('a form of another site is not', () => {
  assert.ok(!from('https://evil.example', 'app-chat.manacore.app'));
  assert.ok(!from('https://app-chat.manacore.app.evil.example', 'app-chat.manacore.app'));
  assert.ok(!from('null', 'app-chat.manacore.app'));
});

test('what is no browser sends no Origin and is accepted', () => {
  assert.ok(isSameHost(new Headers({ host: 'app-chat.manacore.app' })));
});
