// Shows what the backend holds, and adds to it.
import { parseNewMeal, type MealList } from '@nutriphi/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<MealList>({ port: 3007, path: '/api/meals', parse: parseNewMeal });

export const load = page.load;
export const actions = page.actions;
