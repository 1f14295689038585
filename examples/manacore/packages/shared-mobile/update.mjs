// Makes, of what `expo export` has left in dist/, what installed apps ask for: one manifest for each platform, named by the native
// code that it fits, as the Expo Updates protocol has it (https://docs.expo.dev/technical-specs/expo-updates-1/).
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/** In its place nginx puts the address by which it was asked: one image serves every environment. */
const ORIGIN = '{origin}';

const TYPES = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  otf: 'font/otf',
  png: 'image/png',
  svg: 'image/svg+xml',
  ttf: 'font/ttf',
  webp: 'image/webp',
};

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const sha256 = (content) => createHash('sha256').update(content);

/** What app.json says that updates need; throws what is missing in it. */
function readApp() {
  const { expo } = read('app.json');
  const { runtimeVersion, updates } = expo;
  if (typeof runtimeVersion !== 'string' || !/^[\w.-]+$/.test(runtimeVersion)) throw new Error('app.json: expo.runtimeVersion is no plain text.');
  if (!URL.canParse(updates?.url ?? '')) throw new Error('app.json: expo.updates.url is no address.');
  return { ...expo, updates: { ...updates, url: ORIGIN + new URL(updates.url).pathname } };
}

/** The key is what the bundle calls the file; a launch asset is called by nobody. */
function file(path, key, contentType) {
  return { hash: sha256(readFileSync(`dist/${path}`)).digest('base64url'), key, contentType, url: `${ORIGIN}/${path}` };
}

function asset({ path, ext }) {
  return { ...file(path, basename(path), TYPES[ext] ?? 'application/octet-stream'), fileExtension: `.${ext}` };
}

function idOf(manifest) {
  const digest = sha256(JSON.stringify(manifest)).digest('hex');
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const app = readApp();
const { fileMetadata } = read('dist/metadata.json');
const createdAt = new Date().toISOString();

for (const [platform, { bundle, assets }] of Object.entries(fileMetadata)) {
  const manifest = {
    createdAt,
    runtimeVersion: app.runtimeVersion,
    launchAsset: file(bundle, basename(bundle), 'application/javascript'),
    assets: assets.map(asset),
    metadata: {},
    extra: { expoClient: app },
  };
  mkdirSync(`dist/_expo/update/${platform}`, { recursive: true });
  writeFileSync(`dist/_expo/update/${platform}/${app.runtimeVersion}.json`, JSON.stringify({ id: idOf(manifest), ...manifest }));
}
