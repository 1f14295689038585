// Starts the manacore API.
import { parseNewNotice } from '@manacore/contract';
import { backend, collection, serve } from '@manacore/shared-nest';
import { makeNotice } from './notice.ts';
import { ProductsController } from './products.controller.ts';
import * as schema from './schema.ts';

const notices = collection('notices', { table: schema.notices, parse: parseNewNotice, make: makeNotice });

await serve('manacore-backend', backend({ port: 3040, schema, controllers: [notices, ProductsController] }));
