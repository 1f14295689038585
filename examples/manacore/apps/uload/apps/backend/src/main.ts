// Starts the uload API.
import { parseNewLink } from '@uload/contract';
import { cachedBackend, collection, serve } from '@manacore/shared-nest';
import { newCode } from './code.ts';
import { FollowController } from './follow.controller.ts';
import * as schema from './schema.ts';

const links = collection('links', { table: schema.links, parse: parseNewLink, make: ({ address }) => ({ address, code: newCode() }) });

await serve('uload-backend', cachedBackend({ port: 3006, schema, controllers: [links, FollowController] }));
