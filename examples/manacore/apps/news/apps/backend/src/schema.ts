// The tables of news.
import { newestFirst, stored } from '@manacore/shared-database';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';

export const articles = pgTable('articles', { ...stored, title: text('title').notNull(), address: text('address').notNull(), beginning: text('beginning').notNull(), minutes: integer('minutes').notNull() }, newestFirst('articles'));
