// Messages in the database.
import type { Message } from '@chat/contract';
import type { Database } from '@manacore/shared-database';
import { desc } from 'drizzle-orm';
import type { Post } from './post.ts';
import * as schema from './schema.ts';

export const MESSAGES = Symbol('messages');

const PAGE = 50;

type Row = typeof schema.messages.$inferSelect;

export class Messages {
  constructor(private readonly orm: Database<typeof schema>['orm']) {}

  async newest(limit = PAGE): Promise<Message[]> {
    const { createdAt, id } = schema.messages;
    const rows = await this.orm.select().from(schema.messages).orderBy(desc(createdAt), desc(id)).limit(limit);
    return rows.map(toMessage);
  }

  async add({ body, author }: Post): Promise<Message> {
    const [row] = await this.orm.insert(schema.messages).values({ body, author }).returning();
    return toMessage(row!);
  }
}

function toMessage({ id, author, body, createdAt }: Row): Message {
  return { id, author, body, createdAt: createdAt.toISOString() };
}
