// Starts the picture API.
import { cachedBackend, serve } from '@manacore/shared-nest';
import { ImagesController } from './images.controller.ts';
import * as schema from './schema.ts';

await serve('picture-backend', cachedBackend({ port: 3005, schema, controllers: [ImagesController] }));
