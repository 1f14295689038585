// The tables of chat.
import { newestFirst, stored } from '@manacore/shared-database';
import { pgTable, text } from 'drizzle-orm/pg-core';

export const messages = pgTable('messages', { ...stored, author: text('author').notNull(), body: text('body').notNull() }, newestFirst('messages'));
