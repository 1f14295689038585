// The tables of maerchenzauber.
import { newestFirst, stored } from '@manacore/shared-database';
import { pgTable, text } from 'drizzle-orm/pg-core';

export const tales = pgTable('tales', { ...stored, hero: text('hero').notNull(), wish: text('wish').notNull(), text: text('text').notNull() }, newestFirst('tales'));
