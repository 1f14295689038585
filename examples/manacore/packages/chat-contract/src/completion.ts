// Reads a completion request out of whatever a client sent.
import type { CompletionRequest, Parsed } from './index.ts';

const ROLES = ['system', 'user', 'assistant'];

export function parseCompletionRequest(input: unknown): Parsed<CompletionRequest> {
  const { model, messages } = (input ?? {}) as Record<string, unknown>;
  const mistakes: string[] = [];
  if (typeof model !== 'string' || model === '') mistakes.push('model is not a text');
  if (!Array.isArray(messages) || messages.length === 0) mistakes.push('messages is not a list with at least one entry');
  else if (!messages.every(isTurn)) mistakes.push('messages holds something else than { role, content }');
  return mistakes.length > 0 ? { mistakes } : { value: input as CompletionRequest };
}

function isTurn(turn: unknown): boolean {
  const { role, content } = (turn ?? {}) as Record<string, unknown>;
  return typeof content === 'string' && ROLES.includes(role as string);
}
