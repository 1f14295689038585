// Reads a new message out of whatever a client sent.
import type { NewMessage, Parsed } from './index.ts';

export const MESSAGE_LIMIT = 2000;
export const AUTHOR_LIMIT = 80;

export function parseNewMessage(input: unknown): Parsed<NewMessage> {
  const { body, author = '' } = (input ?? {}) as Record<string, unknown>;
  const mistakes = [...textMistakes('body', body, MESSAGE_LIMIT), ...textMistakes('author', author, AUTHOR_LIMIT)];
  if (typeof body === 'string' && body.trim() === '') mistakes.push('body is empty');
  if (mistakes.length > 0) return { mistakes };
  const name = (author as string).trim();
  return { value: { body: (body as string).trim(), ...(name && { author: name }) } };
}

function textMistakes(field: string, value: unknown, limit: number): string[] {
  if (typeof value !== 'string') return [`${field} is not a text`];
  return value.length > limit ? [`${field} is longer than ${limit} characters`] : [];
}
