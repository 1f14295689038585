// The news app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseNewArticle, type ArticleList } from '@news/contract';

openApp<ArticleList>({
  brand,
  port: 3008,
  path: '/api/articles',
  fields: [
    { name: 'title', label: 'Title' },
    { name: 'address', label: 'Where it is' },
    { name: 'text', label: 'Its text', lines: 6 },
  ],
  parse: parseNewArticle,
  entries: ({ articles }) => articles.map(({ id, title, minutes, beginning }) => ({ id, title: `${title} (${minutes} min)`, text: beginning })),
});
