// What every SvelteKit app of ours does alike on its server.
export { backendAddress, createBackend, SESSION, type Backend } from './backend.ts';
export { webHooks } from './hooks.ts';
export { isSameHost } from './origin.ts';
export { recordsPage, type PageOptions, type PageState } from './page.ts';
