import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNewLink } from './index.ts';

test('a link leads to an address of the web', () => {
  assert.deepEqual(parseNewLink({ address: 'https://manacore.app' }), { value: { address: 'https://manacore.app' } });
  assert.deepEqual(parseNewLink({ address: 'javascript:alert(1)' }), { mistakes: ['address is no address of the web'] });
});
