import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paint } from './painter.ts';

test('a picture has a shape for every word, and is the same each time', () => {
  const picture = paint('a red fox');
  assert.equal(picture.match(/<circle /g)?.length, 3);
  assert.equal(paint('a red fox'), picture);
});

test('nothing of the words gets into the document', () => {
  assert.doesNotMatch(paint('<script>alert(1)</script>'), /script|alert/);
});
