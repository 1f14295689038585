// Reads a new message out of whatever a client sent.
import { optional, shape, words } from '@manacore/shared-api';

export const MESSAGE_LIMIT = 2000;
export const AUTHOR_LIMIT = 80;

export const parseNewMessage = shape({ body: words(MESSAGE_LIMIT), author: optional(words(AUTHOR_LIMIT)) });
