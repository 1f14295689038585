// The tables of nutriphi.
import { newestFirst, stored } from '@manacore/shared-database';
import { integer, pgTable, real, text } from 'drizzle-orm/pg-core';

const grams = () => real().notNull();

export const meals = pgTable('meals', { ...stored, name: text('name').notNull(), protein: grams(), carbohydrates: grams(), fat: grams(), kilocalories: integer('kilocalories').notNull() }, newestFirst('meals'));
