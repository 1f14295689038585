// What people may still spend: the sum of all that was given and taken, kept at hand for some minutes.
import { KEYS, type Cache } from '@manacore/shared-cache';
import type { Database } from '@manacore/shared-database';
import { AppError } from '@manacore/shared-errors';
import { and, eq, sum } from 'drizzle-orm';
import * as schema from './schema.ts';

export const CREDITS = Symbol('credits');

/** What everybody begins with. */
export const WELCOME = 100;

const { credits } = schema;

export class Credits {
  constructor(
    private readonly orm: Database<typeof schema>['orm'],
    private readonly cache: Cache,
  ) {}

  balance(userId: string): Promise<number> {
    return this.cache.remember(KEYS.credits(userId), async () => {
      const [row] = await this.orm.select({ total: sum(credits.amount) }).from(credits).where(eq(credits.userId, userId));
      return Number(row?.total ?? 0);
    });
  }

  /** Given once for its reason, however often it is said: what was paid for is given a single time. */
  async give(userId: string, { amount, reason }: { amount: number; reason: string }): Promise<number> {
    await this.orm.transaction(async (orm) => {
      await orm.select().from(schema.users).where(eq(schema.users.id, userId)).for('update');
      const given = await orm.select().from(credits).where(and(eq(credits.userId, userId), eq(credits.reason, reason)));
      if (given.length === 0) await orm.insert(credits).values({ userId, amount, reason });
    });
    await this.cache.forget(KEYS.credits(userId));
    return this.balance(userId);
  }

  /** A negative amount is spent; throws an AppError `forbidden` when there is not so much. */
  async change(userId: string, { amount, reason }: { amount: number; reason: string }): Promise<number> {
    await this.orm.transaction(async (orm) => {
      // Two at a time could spend the same credits twice.
      await orm.select().from(schema.users).where(eq(schema.users.id, userId)).for('update');
      const [row] = await orm.select({ total: sum(credits.amount) }).from(credits).where(eq(credits.userId, userId));
      if (Number(row?.total ?? 0) + amount < 0) throw new AppError('forbidden', 'There are not enough credits.');
      await orm.insert(credits).values({ userId, amount, reason });
    });
    await this.cache.forget(KEYS.credits(userId));
    return this.balance(userId);
  }
}
