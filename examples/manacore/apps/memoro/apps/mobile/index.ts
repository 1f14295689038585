// The memoro app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseNewMemo, type MemoList } from '@memoro/contract';

openApp<MemoList>({
  brand,
  port: 3030,
  path: '/api/memos',
  fields: [
    { name: 'text', label: 'What do you want to keep?', lines: 4 },
  ],
  parse: parseNewMemo,
  entries: ({ memos }) => memos.map(({ id, title, keywords }) => ({ id, title, text: keywords.join(', ') })),
});
