import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiAddress } from './product.ts';

test('what is installed talks to production, what a developer runs to their own machine', () => {
  assert.equal(apiAddress({ name: 'memoro', port: 3030 }, false), 'https://api-memoro.manacore.app');
  assert.equal(apiAddress({ name: 'memoro', port: 3030 }, true), 'http://localhost:3030');
});
