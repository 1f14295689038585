// The manacore app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseNewNotice, type NoticeList } from '@manacore/contract';

openApp<NoticeList>({
  brand,
  port: 3040,
  path: '/api/notices',
  fields: [
    { name: 'product', label: 'Product, or nothing for all' },
    { name: 'text', label: 'What is new?', lines: 3 },
  ],
  parse: parseNewNotice,
  entries: ({ notices }) => notices.map(({ id, product, text }) => ({ id, title: product, text })),
});
