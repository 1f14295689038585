import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCredentials } from './credentials.ts';

test('addresses are compared without case and spaces around them', () => {
  const credentials = parseCredentials({ email: ' Ada@Example.com ', password: 'correct horse' });
  assert.deepEqual(credentials, { email: 'ada@example.com', password: 'correct horse' });
});

test('all mistakes are told', () => {
  assert.throws(() => parseCredentials({ email: 'ada', password: 'short' }), {
    code: 'invalid',
    details: ['email is not an address', 'password does not have 8 to 200 characters'],
  });
  assert.throws(() => parseCredentials(undefined), { code: 'invalid' });
});
