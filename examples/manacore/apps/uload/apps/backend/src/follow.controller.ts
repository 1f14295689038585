// /CODE: sends whoever follows a link on. Addresses are kept at hand, because links are followed far more often than made.
import { KEYS, type Cache } from '@manacore/shared-cache';
import { Records } from '@manacore/shared-database';
import { AppError } from '@manacore/shared-errors';
import { CACHE, DATABASE } from '@manacore/shared-nest';
import { Controller, Get, Inject, Param, Redirect } from '@nestjs/common';
import { isCode } from './code.ts';
import { links } from './schema.ts';

@Controller(':code')
export class FollowController {
  private readonly links: Records<typeof links>;

  constructor(
    @Inject(DATABASE) orm: unknown,
    @Inject(CACHE) private readonly cache: Cache,
  ) {
    this.links = new Records(orm, links);
  }

  @Get()
  @Redirect()
  async follow(@Param('code') code: string): Promise<{ url: string; statusCode: number }> {
    const url = isCode(code) ? await this.addressOf(code) : undefined;
    if (!url) throw new AppError('not-found', 'There is no such link.');
    return { url, statusCode: 302 };
  }

  private addressOf(code: string): Promise<string | undefined> {
    return this.cache.remember(KEYS.link(code), async () => (await this.links.find(links.code, code))?.address);
  }
}
