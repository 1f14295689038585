import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, environmentName } from './index.ts';

function recorded(level: 'debug' | 'warn') {
  const lines: string[] = [];
  const logger = createLogger({ service: 'chat', environment: 'test', level, write: (line) => lines.push(line) });
  return { logger, lines };
}

test('an event is one line of JSON', () => {
  const { logger, lines } = recorded('debug');
  logger.info('two\nlines', { duration: '3ms' });
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.indexOf('\n'), lines[0]!.length - 1);
  const { timestamp, ...event } = JSON.parse(lines[0]!);
  assert.deepEqual(event, { level: 'info', service: 'chat', environment: 'test', message: 'two\nlines', duration: '3ms' });
  assert.ok(!Number.isNaN(Date.parse(timestamp)));
});

test('what is quieter than the level is dropped', () => {
  const { logger, lines } = recorded('warn');
  logger.info('dropped');
  logger.error('written');
  assert.equal(lines.length, 1);
});

test('staging is not called production, which NODE_ENV says of every image', () => {
  assert.equal(environmentName({ ENVIRONMENT: 'staging', NODE_ENV: 'production' }), 'staging');
  assert.equal(environmentName({ NODE_ENV: 'production' }), 'production');
  assert.equal(environmentName({}), 'development');
});
