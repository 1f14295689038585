// /api/images: pictures that were asked for, and the pictures themselves.
import { parseJob, type Image, type ImageList } from '@picture/contract';
import { Records } from '@manacore/shared-database';
import { accepted, AppError } from '@manacore/shared-errors';
import { CACHE, CurrentUser, DATABASE } from '@manacore/shared-nest';
import type { Cache } from '@manacore/shared-cache';
import type { User } from '@manacore/shared-types';
import { Body, Controller, Get, Header, Inject, Ip, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { paint } from './painter.ts';
import { spendQuota } from './quota.ts';
import { images } from './schema.ts';

@Controller('api/images')
export class ImagesController {
  private readonly images: Records<typeof images>;

  constructor(
    @Inject(DATABASE) orm: unknown,
    @Inject(CACHE) private readonly cache: Cache,
  ) {
    this.images = new Records(orm, images);
  }

  @Get()
  async list(): Promise<ImageList> {
    return { images: await this.images.newest() };
  }

  @Post()
  async order(@Body() input: unknown, @Ip() address: string, @CurrentUser() user?: User): Promise<Image> {
    const job = accepted(parseJob(input));
    await spendQuota(this.cache, { who: user?.id ?? address, day: new Date().toISOString().slice(0, 10) });
    return this.images.add(job);
  }

  @Get(':id/file')
  @Header('Content-Type', 'image/svg+xml')
  @Header('Cross-Origin-Resource-Policy', 'cross-origin')
  async file(@Param('id', ParseUUIDPipe) id: string): Promise<string> {
    const image = await this.images.find(images.id, id);
    if (!image) throw new AppError('not-found', 'There is no such picture.');
    return paint(image.prompt);
  }
}
