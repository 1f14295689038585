import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PER_DAY, spendQuota } from './quota.ts';

test('after the last picture of a day there is none until the next', async () => {
  const counts = new Map<string, number>();
  const cache = {
    async count({ name }: { name: string }) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return counts.get(name)!;
    },
  };
  const ada = (day: string) => spendQuota(cache, { who: 'ada', day });
  for (let count = 0; count < PER_DAY; count += 1) await ada('2025-11-27');
  await assert.rejects(ada('2025-11-27'), { code: 'too-many-requests' });
  await ada('2025-11-28');
});

test('while Redis is away orders are taken and not counted', async () => {
  await spendQuota({ count: async () => undefined }, { who: 'ada', day: '2025-11-27' });
});
