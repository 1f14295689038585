import { landing } from '@manacore/shared-landing-ui/astro.mjs';
import { defineConfig } from 'astro/config';

export default defineConfig(landing);
