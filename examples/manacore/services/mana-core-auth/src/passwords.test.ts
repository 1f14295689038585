import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, isPassword } from './passwords.ts';

test('a password is recognised by its hash, another is not', async () => {
  const stored = await hashPassword('correct horse');
  assert.ok(await isPassword('correct horse', stored));
  assert.ok(!(await isPassword('wrong horse', stored)));
});

test('the same password has another hash each time', async () => {
  assert.notEqual(await hashPassword('correct horse'), await hashPassword('correct horse'));
});

test('without an account no password fits', async () => {
  assert.ok(!(await isPassword('', undefined)));
});
