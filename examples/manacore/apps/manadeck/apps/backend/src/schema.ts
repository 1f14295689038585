// The tables of manadeck.
import type { Card } from '@manadeck/contract';
import { newestFirst, stored } from '@manacore/shared-database';
import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';

export const decks = pgTable('decks', { ...stored, title: text('title').notNull(), cards: jsonb('cards').$type<Card[]>().notNull() }, newestFirst('decks'));
