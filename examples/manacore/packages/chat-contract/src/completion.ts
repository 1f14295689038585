// Reads a completion request out of whatever a client sent.
import { list, shape, words, type Rule } from '@manacore/shared-api';
import type { CompletionRequest } from './index.ts';

const ROLES = ['system', 'user', 'assistant'];
const LONGEST = 100_000;

type Turn = CompletionRequest['messages'][number];

const turn: Rule<Turn> = (input) => {
  const { role, content } = (input ?? {}) as Record<string, unknown>;
  const isTurn = typeof content === 'string' && ROLES.includes(role as string);
  return isTurn ? { value: { role, content } as Turn } : { mistake: 'is no { role, content }' };
};

export const parseCompletionRequest = shape({ model: words(100), messages: list(turn, LONGEST) });
