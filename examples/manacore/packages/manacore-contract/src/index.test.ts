import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNewNotice } from './index.ts';

test('a notice may name a product', () => {
  assert.deepEqual(parseNewNotice({ text: 'New.', product: '' }), { value: { text: 'New.' } });
  assert.deepEqual(parseNewNotice({ text: 'New.', product: 'chat' }), { value: { text: 'New.', product: 'chat' } });
});
