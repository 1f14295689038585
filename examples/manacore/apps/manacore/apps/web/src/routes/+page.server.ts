// Shows what the backend holds, and adds to it.
import { parseNewNotice, type NoticeList } from '@manacore/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<NoticeList>({ port: 3040, path: '/api/notices', parse: parseNewNotice });

export const load = page.load;
export const actions = page.actions;
