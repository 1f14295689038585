// The tables of picture.
import { newestFirst, stored } from '@manacore/shared-database';
import { pgTable, text } from 'drizzle-orm/pg-core';

export const images = pgTable('images', { ...stored, prompt: text('prompt').notNull() }, newestFirst('images'));
