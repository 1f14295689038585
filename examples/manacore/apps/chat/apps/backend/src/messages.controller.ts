// /api/messages: read by everyone, written by guests and by signed-in users.
import type { Message, MessageList } from '@chat/contract';
import { CurrentUser } from '@manacore/shared-nest';
import type { User } from '@manacore/shared-types';
import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { MESSAGES, type Messages } from './messages.ts';
import { parsePost } from './post.ts';

@Controller('api/messages')
export class MessagesController {
  constructor(@Inject(MESSAGES) private readonly messages: Messages) {}

  @Get()
  async list(): Promise<MessageList> {
    return { messages: await this.messages.newest() };
  }

  @Post()
  post(@Body() input: unknown, @CurrentUser() user?: User): Promise<Message> {
    return this.messages.add(parsePost(input, user));
  }
}
