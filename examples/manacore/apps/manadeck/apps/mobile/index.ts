// The manadeck app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseNewDeck, type DeckList } from '@manadeck/contract';

openApp<DeckList>({
  brand,
  port: 3004,
  path: '/api/decks',
  fields: [
    { name: 'title', label: 'Title' },
    { name: 'cards', label: 'Cards, one a line: front = back', lines: 5 },
  ],
  parse: parseNewDeck,
  entries: ({ decks }) => decks.map(({ id, title, cards }) => ({ id, title, text: cards.map(({ front }) => front).join(', ') })),
});
