// Shows what the backend holds, and adds to it.
import { parseOrder, type TaleList } from '@maerchenzauber/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<TaleList>({ port: 3003, path: '/api/tales', parse: parseOrder });

export const load = page.load;
export const actions = page.actions;
