import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiAddress } from './product.ts';

test('what is installed asks the environment that its updates come from', () => {
  assert.equal(apiAddress(3030, 'https://updates-memoro.manacore.app/_expo/update', false), 'https://api-memoro.manacore.app');
  assert.equal(apiAddress(3030, 'http://updates-memoro.staging.localhost:8481/_expo/update', false), 'http://api-memoro.staging.localhost:8481');
});

test('what a developer runs asks their own machine', () => {
  assert.equal(apiAddress(3030, undefined, true), 'http://localhost:3030');
});

test('an app that was told of no server of updates says so', () => {
  assert.throws(() => apiAddress(3030, undefined, false), { message: /app\.json/ });
  assert.throws(() => apiAddress(3030, 'https://elsewhere.example/', false), { message: /app\.json/ });
});
