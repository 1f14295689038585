import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';

const SCRIPT = resolve('update.mjs');
const APP = { name: 'Chat', runtimeVersion: '1.2.0', updates: { url: 'https://updates-chat.example/_expo/update' } };
const ICON = 'assets/4f1cb2cac2370cd5050681232e8575a8';

/** An app that `expo export` has exported. */
function exported(t: TestContext, expo: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'update-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const bundle = (platform: string) => `_expo/static/js/${platform}/index-0a1b.hbc`;
  const assets = { ios: [{ path: ICON, ext: 'png' }], android: [] };
  const fileMetadata = Object.fromEntries(Object.entries(assets).map(([name, own]) => [name, { bundle: bundle(name), assets: own }]));
  const files = {
    'app.json': JSON.stringify({ expo }),
    'dist/metadata.json': JSON.stringify({ version: 0, bundler: 'metro', fileMetadata }),
    [`dist/${bundle('ios')}`]: 'for ios',
    [`dist/${bundle('android')}`]: 'for android',
    [`dist/${ICON}`]: 'an icon',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const hash = (text: string) => createHash('sha256').update(text).digest('base64url');

function manifestOf(folder: string, platform: string) {
  return JSON.parse(readFileSync(join(folder, `dist/_expo/update/${platform}/1.2.0.json`), 'utf8'));
}

test('an update names its files by their digests, and no place of its own', (t) => {
  const folder = exported(t, APP);
  execFileSync(process.execPath, [SCRIPT], { cwd: folder });

  const { id, createdAt, ...manifest } = manifestOf(folder, 'ios');

  assert.deepEqual(manifest, {
    runtimeVersion: '1.2.0',
    launchAsset: {
      hash: hash('for ios'),
      key: 'index-0a1b.hbc',
      contentType: 'application/javascript',
      url: '{origin}/_expo/static/js/ios/index-0a1b.hbc',
    },
    assets: [{ hash: hash('an icon'), key: ICON.slice('assets/'.length), contentType: 'image/png', url: `{origin}/${ICON}`, fileExtension: '.png' }],
    metadata: {},
    extra: { expoClient: { ...APP, updates: { url: '{origin}/_expo/update' } } },
  });
  assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
});

test('the platforms have updates of their own', (t) => {
  const folder = exported(t, APP);
  execFileSync(process.execPath, [SCRIPT], { cwd: folder });
  const [ios, android] = ['ios', 'android'].map((platform) => manifestOf(folder, platform));
  assert.notEqual(ios.id, android.id);
  assert.deepEqual([android.launchAsset.hash, android.assets], [hash('for android'), []]);
});

test('an app that does not say what its updates fit, or where they are, is not exported', (t) => {
  const mistakes = {
    'expo.runtimeVersion is no plain text': { ...APP, runtimeVersion: { policy: 'appVersion' } },
    'expo.updates.url is no address': { ...APP, updates: undefined },
  };
  for (const [told, app] of Object.entries(mistakes)) {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { cwd: exported(t, app), encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(told));
  }
});
