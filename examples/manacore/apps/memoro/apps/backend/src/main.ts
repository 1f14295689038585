// Starts the memoro API.
import { parseNewMemo } from '@memoro/contract';
import { backend, collection, serve } from '@manacore/shared-nest';
import { keywordsOf, titleOf } from './digest.ts';
import * as schema from './schema.ts';

const memos = collection('memos', { table: schema.memos, parse: parseNewMemo, make: ({ text }) => ({ text, title: titleOf(text), keywords: keywordsOf(text) }) });

await serve('memoro-backend', backend({ port: 3030, schema, controllers: [memos] }));
