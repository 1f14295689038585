// /api/credits: what the user may still spend, and how there comes more of it.
import { address, number, shape, words } from '@manacore/shared-api';
import type { Claims } from '@manacore/shared-auth';
import { accepted } from '@manacore/shared-errors';
import { CurrentUser, SignedIn } from '@manacore/shared-nest';
import { Body, Controller, Get, Inject, Post, UseGuards } from '@nestjs/common';
import { CREDITS, type Credits } from './credits.ts';
import { PAYMENTS, type Payments } from './payments.ts';

const parseSpending = shape({ amount: number({ least: 1, most: 10_000 }), reason: words(200) });
const parsePurchase = shape({ credits: number({ least: 100, most: 10_000 }), returnTo: address(2000) });
const parseCheckout = shape({ checkout: words(200) });

@Controller('api/credits')
@UseGuards(SignedIn)
export class CreditsController {
  constructor(
    @Inject(CREDITS) private readonly credits: Credits,
    @Inject(PAYMENTS) private readonly payments: Payments,
  ) {}

  @Get()
  async balance(@CurrentUser() { id }: Claims): Promise<{ balance: number }> {
    return { balance: await this.credits.balance(id) };
  }

  @Post('spend')
  async spend(@CurrentUser() { id }: Claims, @Body() input: unknown): Promise<{ balance: number }> {
    const { amount, reason } = accepted(parseSpending(input));
    return { balance: await this.credits.change(id, { amount: -amount, reason }) };
  }

  /** Where the user pays for more. */
  @Post('checkout')
  begin(@CurrentUser() { id }: Claims, @Body() input: unknown): Promise<{ checkout: string; url: string }> {
    return this.payments.begin(id, accepted(parsePurchase(input)));
  }

  /** Gives what was paid for; asked twice, once. */
  @Post('checkout/done')
  async done(@CurrentUser() { id }: Claims, @Body() input: unknown): Promise<{ balance: number }> {
    const { checkout } = accepted(parseCheckout(input));
    const amount = await this.payments.paid(id, checkout);
    return { balance: await this.credits.give(id, { amount, reason: `Paid by ${checkout}` }) };
  }
}
