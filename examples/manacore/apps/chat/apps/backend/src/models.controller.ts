// /api/models and /api/chat/completions.
import { parseCompletionRequest, type Completion, type ModelList } from '@chat/contract';
import { AppError } from '@manacore/shared-errors';
import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { findModel, MODELS, type TalkingModel } from './models.ts';

@Controller('api')
export class ModelsController {
  constructor(@Inject(MODELS) private readonly models: TalkingModel[]) {}

  @Get('models')
  list(): ModelList {
    return { models: this.models.map(({ id, name, provider }) => ({ id, name, provider })) };
  }

  @Post('chat/completions')
  @HttpCode(200)
  async complete(@Body() input: unknown): Promise<Completion> {
    const { value, mistakes } = parseCompletionRequest(input);
    if (mistakes) throw new AppError('invalid', 'This cannot be completed.', { details: mistakes });
    return findModel(this.models, value.model).complete(value);
  }
}
