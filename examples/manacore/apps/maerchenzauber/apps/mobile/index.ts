// The maerchenzauber app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseOrder, type TaleList } from '@maerchenzauber/contract';

openApp<TaleList>({
  brand,
  port: 3003,
  path: '/api/tales',
  fields: [
    { name: 'hero', label: 'Who is it about?' },
    { name: 'wish', label: 'What do they wish for?' },
  ],
  parse: parseOrder,
  entries: ({ tales }) => tales.map(({ id, hero, text }) => ({ id, title: hero, text })),
});
