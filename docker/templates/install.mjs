// Copies a workspace's manifests without the scripts that an install would run in its projects: their sources are
// not there yet, and they are no part of what the lockfile promises. Scripts of installed packages do run.
//
// node install.mjs FROM TO
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const RUN_BY_INSTALL = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'prepublish'];

function withoutInstallScripts(text) {
  const manifest = JSON.parse(text);
  for (const name of RUN_BY_INSTALL) delete manifest.scripts?.[name];
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const [from, to] = process.argv.slice(2);
cpSync(from, to, { recursive: true, verbatimSymlinks: true });
for (const path of readdirSync(from, { recursive: true })) {
  if (basename(path) !== 'package.json') continue;
  writeFileSync(join(to, path), withoutInstallScripts(readFileSync(join(from, path), 'utf8')));
}
