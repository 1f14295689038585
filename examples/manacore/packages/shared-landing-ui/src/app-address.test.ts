import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appAddress } from './app-address.ts';

test('the app is the neighbour of its landing page, in every environment', () => {
  assert.equal(appAddress(new URL('https://chat.manacore.app')), 'https://app-chat.manacore.app/');
  assert.equal(appAddress(new URL('https://staging-chat.manacore.app')), 'https://app-staging-chat.manacore.app/');
  assert.equal(appAddress(new URL('http://chat.localhost:8080')), 'http://app-chat.localhost:8080/');
});

test('a bare host or an address has no neighbour', () => {
  assert.equal(appAddress(new URL('http://localhost:4321')), undefined);
  assert.equal(appAddress(new URL('http://127.0.0.1:3200')), undefined);
  assert.equal(appAddress(new URL('http://[::1]:3200')), undefined);
});
