// Shows what the backend holds, and adds to it.
import { parseNewDeck, type DeckList } from '@manadeck/contract';
import { recordsPage } from '@manacore/shared-web';

const page = recordsPage<DeckList>({ port: 3004, path: '/api/decks', parse: parseNewDeck });

export const load = page.load;
export const actions = page.actions;
