// What the chat backend and its clients say to each other, and how it is checked on both sides.

export interface NewMessage {
  body: string;
  /** What a guest calls themselves; a signed-in user's address takes its place. */
  author?: string;
}

export interface Message {
  id: string;
  author: string;
  body: string;
  /** ISO 8601, in UTC. */
  createdAt: string;
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

export type Parsed<T> = { value: T; mistakes?: never } | { value?: never; mistakes: string[] };

export { parseCompletionRequest } from './completion.ts';
export { AUTHOR_LIMIT, MESSAGE_LIMIT, parseNewMessage } from './message.ts';
