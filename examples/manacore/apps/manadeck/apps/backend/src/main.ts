// Starts the manadeck API.
import { parseNewDeck } from '@manadeck/contract';
import { backend, collection, serve } from '@manacore/shared-nest';
import { DrawController } from './draw.controller.ts';
import * as schema from './schema.ts';

const decks = collection('decks', { table: schema.decks, parse: parseNewDeck });

await serve('manadeck-backend', backend({ port: 3004, schema, controllers: [decks, DrawController] }));
