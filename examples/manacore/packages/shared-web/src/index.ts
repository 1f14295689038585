// What every SvelteKit app of ours does alike on its server.
export { createBackend, type Backend, BackendError } from './backend.ts';
export { createHandle, isSameHost } from './handle.ts';
