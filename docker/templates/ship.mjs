// Copies what projects ship at run time: package.json and what its `files` name, or all of the folder without `files`;
// source maps stay behind.
// It knows npm's rule for `files`, and that pnpm links a project's dependencies into its node_modules.
//
// node ship.mjs app|dependencies PROJECT TO        (run in the workspace's root)
// `app` ships the project itself, `dependencies` the workspace projects it needs in production.
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const root = realpathSync('.');
const NEVER = new Set(['node_modules', '.git']);
// They hold the sources, which whoever reads an image or a site need not have.
const SOURCE_MAP = /\.(?:[cm]?[jt]s|css)\.map$/;

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Folders of the projects that a project needs in production, itself left out. */
function productionDependencies(folder, found = new Set()) {
  const { dependencies, optionalDependencies, peerDependencies } = manifestOf(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    const project = linkedProject(folder, name);
    if (!project || found.has(project)) continue;
    found.add(project);
    productionDependencies(project, found);
  }
  return found;
}

/** The project that `name` leads to, seen from a folder: what is installed lies in a node_modules, a project does not. */
function linkedProject(folder, name) {
  for (let place = folder; ; place = dirname(place)) {
    const link = join(place, 'node_modules', name);
    if (existsSync(link)) {
      const target = realpathSync(link);
      return target.startsWith(root + sep) && !target.split(sep).includes('node_modules') ? target : undefined;
    }
    if (place === root) return undefined;
  }
}

/** One of npm's patterns as an expression on paths: it names files, or folders with all that is in them. */
function expression(pattern) {
  const parts = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
  const plain = pattern.replace(/^(\.?\/)+|\/+$/g, '');
  const source = plain.replace(/\*\*\/|\*\*|[*?]|\[[^\]]*\]|[^\w/]/g, (sign) =>
    parts[sign] ?? (sign.length > 1 ? sign.replace('[!', '[^') : `\\${sign}`),
  );
  return new RegExp(plain === '.' || plain === '' ? '' : `^${source}(?:/|$)`);
}

/** Whether a project ships a path: the last pattern that speaks of it decides. */
function shippedBy({ files, main, bin }) {
  if (!Array.isArray(files)) return () => true;
  const always = ['package.json', main, ...(typeof bin === 'string' ? [bin] : Object.values(bin ?? {}))];
  const rules = files.map((file) => ({ isNegated: file.startsWith('!'), shape: expression(file.replace(/^!/, '')) }));
  const kept = new Set(always.filter(Boolean).map((file) => file.replace(/^\.\//, '')));
  return (path) => kept.has(path) || (rules.findLast(({ shape }) => shape.test(path))?.isNegated ?? true) === false;
}

function* pathsIn(folder) {
  for (const name of readdirSync(folder).sort()) {
    if (NEVER.has(name) || SOURCE_MAP.test(name)) continue;
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) yield* pathsIn(path);
    else yield path;
  }
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else copyFileSync(from, to);
}

function ship(project, to) {
  const isShipped = shippedBy(manifestOf(project));
  for (const path of pathsIn(project)) {
    if (isShipped(relative(project, path).split(sep).join('/'))) copy(path, join(to, relative(root, path)));
  }
}

const [what, project, to] = process.argv.slice(2);
const folder = resolve(project);
mkdirSync(to, { recursive: true });
for (const each of what === 'app' ? [folder] : productionDependencies(folder)) {
  if (what === 'app' || each !== folder) ship(each, to);
}
