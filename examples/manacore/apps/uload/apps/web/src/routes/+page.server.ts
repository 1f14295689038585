// Shows what the backend holds, and adds to it.
import { parseNewLink, type LinkList } from '@uload/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<LinkList>({ port: 3006, path: '/api/links', parse: parseNewLink });

export const load = page.load;
export const actions = page.actions;
