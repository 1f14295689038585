// What happens to every request.
import { createLogger } from '@manacore/shared-logger';
import { createHandle } from '@manacore/shared-web';

const logger = createLogger({ service: 'chat-web', environment: process.env.NODE_ENV });

export const handle = createHandle(logger);
