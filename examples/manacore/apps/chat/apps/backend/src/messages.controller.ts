// /api/messages: read by everyone, written by guests and by signed-in users.
import { parseNewMessage, type Message, type MessageList } from '@chat/contract';
import { AppError } from '@manacore/shared-errors';
import { CurrentUser } from '@manacore/shared-nest';
import type { User } from '@manacore/shared-types';
import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { MESSAGES, type Messages } from './messages.ts';

@Controller('api/messages')
export class MessagesController {
  constructor(@Inject(MESSAGES) private readonly messages: Pick<Messages, 'newest' | 'add'>) {}

  @Get()
  async list(): Promise<MessageList> {
    return { messages: await this.messages.newest() };
  }

  @Post()
  async post(@Body() input: unknown, @CurrentUser() user?: User): Promise<Message> {
    const { value, mistakes } = parseNewMessage(input);
    if (mistakes) throw new AppError('invalid', 'This message cannot be posted.', { details: mistakes });
    return this.messages.add({ body: value.body, author: user?.email ?? value.author ?? 'Guest' });
  }
}
