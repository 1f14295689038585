// Starts the chat API.
import { parseNewMessage } from '@chat/contract';
import { cachedBackend, collection, serve } from '@manacore/shared-nest';
import { text } from '@manacore/shared-utils';
import { ModelsController } from './models.controller.ts';
import { availableModels, MODELS } from './models.ts';
import { toPost } from './post.ts';
import * as schema from './schema.ts';

const messages = collection('messages', { table: schema.messages, parse: parseNewMessage, make: toPost });

await serve('chat-backend', cachedBackend({
  port: 3002,
  schema,
  controllers: [messages, ModelsController],
  settings: { azureEndpoint: text('AZURE_OPENAI_ENDPOINT', undefined), azureKey: text('AZURE_OPENAI_API_KEY', undefined) },
  providers: (settings) => [{ provide: MODELS, useValue: availableModels(settings) }],
}));
