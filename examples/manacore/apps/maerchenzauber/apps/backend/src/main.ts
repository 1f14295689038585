// Starts the maerchenzauber API.
import { parseOrder } from '@maerchenzauber/contract';
import { backend, collection, serve } from '@manacore/shared-nest';
import * as schema from './schema.ts';
import { tell } from './teller.ts';

const tales = collection('tales', { table: schema.tales, parse: parseOrder, make: (order) => ({ ...order, text: tell(order) }) });

await serve('maerchenzauber-backend', backend({ port: 3003, schema, controllers: [tales] }));
