// Bundles the entries given as arguments from src/ to dist/ of the package it is run in.
// `dependencies` stay imports (they are installed where the code runs); everything else is bundled in.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: process.argv.slice(2),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: Object.keys(dependencies),
  logLevel: 'warning',
});
