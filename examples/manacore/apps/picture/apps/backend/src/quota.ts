// How many pictures somebody may order in a day.
import { KEYS, type Cache } from '@manacore/shared-cache';
import { AppError } from '@manacore/shared-errors';

export const PER_DAY = 50;

/** Throws an AppError `too-many-requests` when the day's pictures are spent. While nobody can count, nobody is turned away. */
export async function spendQuota(cache: Pick<Cache, 'count'>, { who, day }: { who: string; day: string }): Promise<void> {
  const ordered = await cache.count(KEYS.generations(who, day));
  if (ordered === undefined || ordered <= PER_DAY) return;
  throw new AppError('too-many-requests', `There are ${PER_DAY} pictures a day; come back tomorrow.`);
}
