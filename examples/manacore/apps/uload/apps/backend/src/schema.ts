// The tables of uload.
import { newestFirst, stored } from '@manacore/shared-database';
import { pgTable, text } from 'drizzle-orm/pg-core';

export const links = pgTable('links', { ...stored, address: text('address').notNull(), code: text('code').notNull().unique() }, newestFirst('links'));
