// Shows what the backend holds, and adds to it.
import { parseNewArticle, type ArticleList } from '@news/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<ArticleList>({ port: 3008, path: '/api/articles', parse: parseNewArticle });

export const load = page.load;
export const actions = page.actions;
