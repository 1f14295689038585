// The Astro settings of every landing page.
import { passthroughImageService } from 'astro/config';

export const landing = {
  output: 'static',
  build: { assets: '_assets' },
  // Landing pages hold no images that need work, so the image library stays out of the build.
  image: { service: passthroughImageService() },
  // Scripts are files, never inline: a strict content security policy may forbid the latter.
  vite: { build: { assetsInlineLimit: 0 } },
};
