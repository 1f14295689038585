import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileOf, parseJob } from './index.ts';

test('a picture needs words', () => {
  assert.deepEqual(parseJob({ prompt: 'a red fox' }), { value: { prompt: 'a red fox' } });
  assert.deepEqual(parseJob({}), { mistakes: ['prompt is not a text'] });
});

test('a picture has its file below its id', () => {
  assert.equal(fileOf({ id: 'p1', prompt: '', createdAt: '' }), '/api/images/p1/file');
});
