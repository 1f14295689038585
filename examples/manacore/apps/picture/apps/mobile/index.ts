// The picture app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseJob, type ImageList } from '@picture/contract';

openApp<ImageList>({
  brand,
  port: 3005,
  path: '/api/images',
  fields: [
    { name: 'prompt', label: 'What do you want to see?' },
  ],
  parse: parseJob,
  entries: ({ images }) => images.map(({ id, prompt, createdAt }) => ({ id, title: prompt, text: createdAt })),
});
