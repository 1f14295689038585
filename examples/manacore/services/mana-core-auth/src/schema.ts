// The tables of mana-core-auth.
import { stored } from '@manacore/shared-database';
import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const users = pgTable('users', { ...stored, email: text('email').notNull().unique(), passwordHash: text('password_hash').notNull() });

export const credits = pgTable(
  'credits',
  {
    ...stored,
    userId: uuid('user_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
    amount: integer('amount').notNull(),
    reason: text('reason').notNull(),
  },
  (table) => [index('credits_user_id').on(table.userId)],
);
