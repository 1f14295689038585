// The settings of every web app: `kit` for svelte.config.js, to which the app adds its adapter, and those of vite.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The app's own sources and those of the workspace packages it is linked to. */
function sourceFolders() {
  const scopes = existsSync('node_modules') ? readdirSync('node_modules').filter((name) => name.startsWith('@')) : [];
  const packages = scopes.flatMap((scope) => readdirSync(join('node_modules', scope)).map((name) => join('node_modules', scope, name)));
  return ['.', ...packages].map((folder) => join(folder, 'src')).filter((folder) => existsSync(folder));
}

/** A version that follows from the sources: the same sources build the same files, and open pages notice other ones. */
function sourceVersion() {
  const hash = createHash('sha256');
  for (const folder of sourceFolders().sort()) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const path of files.map((file) => join(file.parentPath, file.name)).sort()) hash.update(path).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

export const kit = {
  files: { appTemplate: join(import.meta.dirname, 'app.html') },
  version: { name: sourceVersion() },
  // The handle of this package checks where forms come from.
  csrf: { trustedOrigins: ['*'] },
  // A script in a page is the app's own when it bears the nonce of its answer. Styles stand in attributes, too.
  csp: {
    mode: 'nonce',
    directives: {
      'default-src': ['self'],
      'script-src': ['self'],
      'style-src': ['self', 'unsafe-inline'],
      'img-src': ['self', 'data:', 'https:', 'http://*.localhost:*'],
      'object-src': ['none'],
      'base-uri': ['self'],
      'form-action': ['self'],
      'frame-ancestors': ['self'],
    },
  },
  // The app's tsconfig.json extends what SvelteKit generates.
  typescript: {
    config: ({ compilerOptions, ...config }) => ({
      ...config,
      compilerOptions: { ...compilerOptions, noUncheckedIndexedAccess: true, allowImportingTsExtensions: true, strict: true, types: ['node'] },
    }),
  },
};

/** The app gives its own plugin, which must be the one that its routes are compiled by. */
export function web(sveltekit) {
  return {
    plugins: [sveltekit()],
    // Told apart by `instanceof`, so there must be one of it, also for what this package imports.
    resolve: { dedupe: ['@sveltejs/kit'] },
    // It has a build of its own and is shipped beside the app.
    ssr: { external: ['@manacore/shared-logger'] },
  };
}
