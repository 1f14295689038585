// Shows what the backend holds, and adds to it.
import { parseJob, type ImageList } from '@picture/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<ImageList>({ port: 3005, path: '/api/images', parse: parseJob });

export const load = page.load;
export const actions = page.actions;
