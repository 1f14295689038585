// Shows what the backend holds, and adds to it.
import { parseNewMemo, type MemoList } from '@memoro/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<MemoList>({ port: 3030, path: '/api/memos', parse: parseNewMemo });

export const load = page.load;
export const actions = page.actions;
