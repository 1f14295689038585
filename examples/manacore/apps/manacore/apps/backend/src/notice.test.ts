import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYTHING, makeNotice } from './notice.ts';

test('a notice is about its product, and about everything when it names none', () => {
  assert.deepEqual(makeNotice({ text: 'Chat answers sooner.', product: 'chat' }), { text: 'Chat answers sooner.', product: 'chat' });
  assert.deepEqual(makeNotice({ text: 'We moved.' }), { text: 'We moved.', product: EVERYTHING });
});
