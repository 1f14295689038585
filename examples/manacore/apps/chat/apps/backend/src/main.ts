// Starts the chat API.
import { chooseVerifier } from '@manacore/shared-auth';
import { openDatabase } from '@manacore/shared-database';
import { authFields, serve, serviceFields } from '@manacore/shared-nest';
import { text } from '@manacore/shared-utils';
import { Module } from '@nestjs/common';
import { MessagesController } from './messages.controller.ts';
import { Messages, MESSAGES } from './messages.ts';
import { ModelsController } from './models.controller.ts';
import { availableModels, MODELS } from './models.ts';
import * as schema from './schema.ts';

@Module({ controllers: [MessagesController, ModelsController] })
class ChatModule {}

await serve('chat-backend', {
  settings: {
    ...serviceFields(3002),
    ...authFields,
    databaseUrl: text('DATABASE_URL'),
    azureEndpoint: text('AZURE_OPENAI_ENDPOINT', undefined),
    azureKey: text('AZURE_OPENAI_API_KEY', undefined),
  },
  open(settings, logger) {
    const database = openDatabase(settings.databaseUrl, schema, logger);
    return {
      imports: [ChatModule],
      values: [
        { provide: MESSAGES, useValue: new Messages(database.orm) },
        { provide: MODELS, useValue: availableModels(settings) },
      ],
      resources: [database],
      verifier: chooseVerifier(settings),
    };
  },
});
