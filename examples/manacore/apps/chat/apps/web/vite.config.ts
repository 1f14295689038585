import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [sveltekit()],
  // It has a build of its own and is shipped beside the app.
  ssr: { external: ['@manacore/shared-logger'] },
});
