// /api/models and /api/chat/completions.
import { parseCompletionRequest, type Completion, type ModelList } from '@chat/contract';
import { KEYS, type Cache } from '@manacore/shared-cache';
import { accepted } from '@manacore/shared-errors';
import { CACHE } from '@manacore/shared-nest';
import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { findModel, MODELS, type TalkingModel } from './models.ts';

@Controller('api')
export class ModelsController {
  constructor(
    @Inject(MODELS) private readonly models: TalkingModel[],
    @Inject(CACHE) private readonly cache: Cache,
  ) {}

  @Get('models')
  list(): Promise<ModelList> {
    return this.cache.remember(KEYS.models(), async () => ({
      models: this.models.map(({ id, name, provider }) => ({ id, name, provider })),
    }));
  }

  @Post('chat/completions')
  @HttpCode(200)
  complete(@Body() input: unknown): Promise<Completion> {
    const request = accepted(parseCompletionRequest(input));
    return findModel(this.models, request.model).complete(request);
  }
}
