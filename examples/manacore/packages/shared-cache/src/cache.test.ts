import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@manacore/shared-logger';
import { createCache, KEYS, type Store } from './index.ts';

const logger = createLogger({ service: 'test', level: 'error' });

function memory(): Store & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get: async (name) => kept.get(name) ?? null,
    set: async (name, text) => void kept.set(name, text),
    add: async (name, text) => void (kept.has(name) || kept.set(name, text)),
    delete: async (name) => void kept.delete(name),
    increment: async (name) => {
      kept.set(name, String(Number(kept.get(name) ?? 0) + 1));
      return Number(kept.get(name));
    },
    ping: async () => {},
    close: async () => {},
  };
}

const away = async (): Promise<never> => {
  throw new Error('refused');
};

test('what was made once is remembered, and made again when it was forgotten', async () => {
  let made = 0;
  const cache = createCache(memory(), logger);
  const make = async () => ({ made: ++made });
  assert.deepEqual(await cache.remember(KEYS.models(), make), { made: 1 });
  assert.deepEqual(await cache.remember(KEYS.models(), make), { made: 1 });
  await cache.forget(KEYS.models());
  assert.deepEqual(await cache.remember(KEYS.models(), make), { made: 2 });
});

test('what somebody began to make before it was forgotten is not kept after', async () => {
  const cache = createCache(memory(), logger);
  const old = await cache.remember(KEYS.credits('u1'), async () => {
    await cache.forget(KEYS.credits('u1'));
    return 100;
  });
  assert.deepEqual([old, await cache.remember(KEYS.credits('u1'), async () => 90)], [100, 90]);
});

test('what was forgotten is kept again in a minute', async () => {
  const ends: number[] = [];
  const store = memory();
  const set: Store['set'] = async (name, text, seconds) => (ends.push(seconds), store.set(name, text, seconds));
  const cache = createCache({ ...store, set }, logger);
  await cache.forget(KEYS.credits('u1'));
  assert.deepEqual(ends, [60]);
  store.kept.clear(); // as its end does
  await cache.remember(KEYS.credits('u1'), async () => 90);
  assert.equal(await cache.remember(KEYS.credits('u1'), async () => 80), 90);
});

test('what is not there is not remembered', async () => {
  const store = memory();
  assert.equal(await createCache(store, logger).remember(KEYS.link('x'), async () => undefined), undefined);
  assert.equal(store.kept.size, 0);
});

test('a store that is away costs time only', async () => {
  const warned: string[] = [];
  const heard = createLogger({ service: 'test', write: (line) => warned.push(line) });
  const cache = createCache({ ...memory(), get: away, set: away, add: away, increment: away }, heard);
  assert.equal(await cache.remember(KEYS.models(), async () => 'made'), 'made');
  await cache.forget(KEYS.models());
  assert.equal(await cache.count(KEYS.generations('u1', '2025-11-27')), undefined);
  assert.equal(warned.length, 4);
});

test('a count grows by one', async () => {
  const cache = createCache(memory(), logger);
  const key = KEYS.generations('u1', '2025-11-27');
  assert.deepEqual([await cache.count(key), await cache.count(key)], [1, 2]);
});
