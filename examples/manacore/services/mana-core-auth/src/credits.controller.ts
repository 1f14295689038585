// /api/credits: what the user may still spend.
import { number, shape, words } from '@manacore/shared-api';
import type { Claims } from '@manacore/shared-auth';
import { accepted } from '@manacore/shared-errors';
import { CurrentUser, SignedIn } from '@manacore/shared-nest';
import { Body, Controller, Get, Inject, Post, UseGuards } from '@nestjs/common';
import { CREDITS, type Credits } from './credits.ts';

const parseSpending = shape({ amount: number({ least: 1, most: 10_000 }), reason: words(200) });

@Controller('api/credits')
@UseGuards(SignedIn)
export class CreditsController {
  constructor(@Inject(CREDITS) private readonly credits: Credits) {}

  @Get()
  async balance(@CurrentUser() { id }: Claims): Promise<{ balance: number }> {
    return { balance: await this.credits.balance(id) };
  }

  @Post('spend')
  async spend(@CurrentUser() { id }: Claims, @Body() input: unknown): Promise<{ balance: number }> {
    const { amount, reason } = accepted(parseSpending(input));
    return { balance: await this.credits.change(id, { amount: -amount, reason }) };
  }
}
