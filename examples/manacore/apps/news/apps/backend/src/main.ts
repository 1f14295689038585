// Starts the news API.
import { parseNewArticle } from '@news/contract';
import { backend, collection, serve } from '@manacore/shared-nest';
import { gistOf } from './gist.ts';
import * as schema from './schema.ts';

const articles = collection('articles', { table: schema.articles, parse: parseNewArticle, make: ({ text, ...article }) => ({ ...article, ...gistOf(text) }) });

await serve('news-backend', backend({ port: 3008, schema, controllers: [articles] }));
