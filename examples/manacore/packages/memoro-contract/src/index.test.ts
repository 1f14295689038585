import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNewMemo, TEXT_LIMIT } from './index.ts';

test('a memo is any text that says something', () => {
  assert.deepEqual(parseNewMemo({ text: ' Buy tea. ' }), { value: { text: 'Buy tea.' } });
  assert.deepEqual(parseNewMemo({ text: 'x'.repeat(TEXT_LIMIT + 1) }), { mistakes: ['text is longer than 5000 characters'] });
});
