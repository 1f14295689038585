// Register, log in, log out, and who am I.
import type { Claims } from '@manacore/shared-auth';
import { AppError } from '@manacore/shared-errors';
import { CurrentUser, SignedIn } from '@manacore/shared-nest';
import type { User } from '@manacore/shared-types';
import { Body, Controller, Get, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { ACCOUNTS, type Accounts } from './accounts.ts';
import { parseCredentials } from './credentials.ts';
import { CREDITS, WELCOME, type Credits } from './credits.ts';
import { SESSIONS, type Sessions } from './sessions.ts';

export const FAILED_LOGINS = Symbol('failed logins');

@Controller('api')
export class AuthController {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(CREDITS) private readonly credits: Credits,
    @Inject(SESSIONS) private readonly sessions: Sessions,
    @Inject(FAILED_LOGINS) private readonly failedLogins: Counter,
  ) {}

  @Post('auth/register')
  async register(@Body() body: unknown): Promise<{ user: User }> {
    const user = await this.accounts.register(parseCredentials(body));
    await this.credits.change(user.id, { amount: WELCOME, reason: 'Welcome' });
    return { user };
  }

  @Post('auth/login')
  @HttpCode(200)
  async login(@Body() body: unknown): Promise<{ token: string; expiresIn: number; user: User }> {
    const user = await this.accounts.find(parseCredentials(body));
    if (!user) {
      this.failedLogins.inc();
      throw new AppError('unauthorized', 'The address or the password is wrong.');
    }
    return { token: await this.sessions.begin(user), expiresIn: this.sessions.seconds, user };
  }

  @Post('auth/logout')
  @HttpCode(204)
  @UseGuards(SignedIn)
  async logout(@CurrentUser() { sessionId }: Claims): Promise<void> {
    await this.sessions.end(sessionId);
  }

  @Get('me')
  @UseGuards(SignedIn)
  me(@CurrentUser() { id, email }: Claims): { user: User } {
    return { user: { id, email } };
  }
}
