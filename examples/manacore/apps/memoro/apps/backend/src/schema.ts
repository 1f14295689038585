// The tables of memoro.
import { newestFirst, stored } from '@manacore/shared-database';
import { pgTable, text } from 'drizzle-orm/pg-core';

export const memos = pgTable('memos', { ...stored, text: text('text').notNull(), title: text('title').notNull(), keywords: text('keywords').array().notNull() }, newestFirst('memos'));
