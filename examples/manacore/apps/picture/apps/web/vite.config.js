import { web } from '@manacore/shared-web/kit.js';
import { sveltekit } from '@sveltejs/kit/vite';

export default web(sveltekit);
