import assert from 'node:assert/strict';
import { test } from 'node:test';
import { integer, list, readSettings, text } from './settings.ts';

test('settings are read and given their types', () => {
  const fields = { url: text('URL'), port: integer('PORT', 3000), origins: list('ORIGINS'), key: text('KEY', undefined) };
  const settings = readSettings({ URL: 'a', ORIGINS: 'x, y,' }, fields);
  assert.deepEqual(settings, { url: 'a', port: 3000, origins: ['x', 'y'], key: undefined });
});

test('all mistakes are told at once and no value is shown', () => {
  const read = () => readSettings({ PORT: 'secret' }, { url: text('URL'), port: integer('PORT', 1) });
  assert.throws(read, { message: 'The environment does not fit: URL is not set; PORT is not a whole number.' });
});
