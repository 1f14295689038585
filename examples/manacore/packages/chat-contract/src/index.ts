// What the chat backend and its clients say to each other, and how it is checked on both sides.
import type { Stored } from '@manacore/shared-types';

export interface NewMessage {
  body: string;
  /** What a guest calls themselves; a signed-in user's address takes its place. */
  author?: string | undefined;
}

export interface Message extends Stored {
  author: string;
  body: string;
}

/** Newest first. */
export interface MessageList {
  messages: Message[];
}

export interface Model {
  id: string;
  name: string;
  /** Where the answers come from: made up here, or by a model of Azure OpenAI. */
  provider: 'echo' | 'azure-openai';
}

export interface ModelList {
  models: Model[];
}

export interface CompletionRequest {
  model: string;
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
}

export interface Completion {
  model: string;
  choices: { index: number; message: { role: 'assistant'; content: string }; finish_reason: string }[];
}

export { brand } from './brand.ts';
export { parseCompletionRequest } from './completion.ts';
export { AUTHOR_LIMIT, MESSAGE_LIMIT, parseNewMessage } from './message.ts';
