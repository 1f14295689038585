// /api/decks/:id/draw: one card after the other, in an order that differs from day to day.
import type { Card } from '@manadeck/contract';
import { Records } from '@manacore/shared-database';
import { AppError } from '@manacore/shared-errors';
import { DATABASE } from '@manacore/shared-nest';
import { Controller, Get, Inject, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { draw } from './draw.ts';
import { decks } from './schema.ts';

@Controller('api/decks/:id/draw')
export class DrawController {
  private readonly decks: Records<typeof decks>;

  constructor(@Inject(DATABASE) orm: unknown) {
    this.decks = new Records(orm, decks);
  }

  /** The card of a turn, counted from 0; after the last one the deck begins again. */
  @Get()
  async card(@Param('id', ParseUUIDPipe) id: string, @Query('turn') turn = '0'): Promise<Card> {
    const deck = await this.decks.find(decks.id, id);
    if (!deck) throw new AppError('not-found', 'There is no such deck.');
    return draw(deck.cards, { turn: Number(turn) || 0, day: new Date().toISOString().slice(0, 10) });
  }
}
