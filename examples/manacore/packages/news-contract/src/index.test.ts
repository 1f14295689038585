import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNewArticle } from './index.ts';

test('an article has a title, a place and a text', () => {
  const article = { title: 'Tea', address: 'https://tea.example/1', text: 'Long ago.' };
  assert.deepEqual(parseNewArticle(article), { value: article });
  assert.deepEqual(parseNewArticle({ ...article, address: 'tea' }), { mistakes: ['address is no address of the web'] });
});
