// The tables of manacore.
import { newestFirst, stored } from '@manacore/shared-database';
import { pgTable, text } from 'drizzle-orm/pg-core';

export const notices = pgTable('notices', { ...stored, text: text('text').notNull(), product: text('product').notNull() }, newestFirst('notices'));
